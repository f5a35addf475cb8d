import { createInterface, type Interface } from 'node:readline/promises'
import { printable } from '../../terminal/look.ts'
import { type CliEnv, CliError } from '../env.ts'
import { foldLine } from './fold.ts'

interface Question {
  /** What it is about, printed once. */
  readonly about: readonly string[]
  readonly prompt: string
  /** What an empty answer means. */
  readonly proposal: string | undefined
  /** What is wrong with an answer; null: nothing. */
  check(answer: string): Promise<string | null>
}

/** A conversation with whoever runs the command. */
export class Talk {
  readonly #env: CliEnv
  readonly #gone = new AbortController()
  #lines: Interface | undefined

  constructor(env: CliEnv) {
    this.#env = env
  }

  /** Prose: in lines that fit the terminal. */
  say(...lines: readonly string[]): void {
    this.show(...lines.flatMap((line) => foldLine(printable(line))))
  }

  /** Lines as they are, such as commands. */
  show(...lines: readonly string[]): void {
    for (const line of lines) this.#env.stdout.write(`${printable(line)}\n`)
  }

  /** Asks until the answer is right. @throws CliError where whoever is asked ends it (Ctrl-C, Ctrl-D) */
  async ask({ about, prompt, proposal, check }: Question): Promise<string> {
    this.say('', ...about)
    const label = proposal === undefined ? `${prompt}: ` : `${prompt} [${proposal}]: `
    for (;;) {
      const answer = (await this.#answer(label)).trim() || (proposal ?? '')
      const problem = answer === '' ? 'an answer is needed here' : await check(answer)
      if (problem === null) return answer
      this.say(`  ${problem}`)
    }
  }

  close(): void {
    this.#lines?.close()
  }

  async #answer(label: string): Promise<string> {
    const { stdin: input, stdout: output } = this.#env
    if (this.#lines === undefined) {
      this.#lines = createInterface({ input, output, terminal: output.isTTY === true })
      // In a terminal that readline reads, Ctrl-C is no signal.
      this.#lines.on('SIGINT', () => this.#gone.abort()).on('close', () => this.#gone.abort())
    }
    const signal = AbortSignal.any([this.#gone.signal, this.#env.interrupted])
    try {
      return await this.#lines.question(label, { signal })
    } catch (error) {
      if (!signal.aborted) throw error
      this.say('')
      throw new CliError('ended: nothing was written')
    }
  }
}
