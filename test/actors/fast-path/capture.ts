import type { Namespace, RunningProgram } from '../../namespaces.ts'

/** A frame as tcpdump tells it. */
export interface CapturedFrame {
  readonly from: string
  readonly to: string
  /** The rest of the line: addresses, ports, flags. */
  readonly text: string
}

/** What passes a device from now on. */
export class Capture {
  readonly frames: CapturedFrame[] = []
  readonly #program: RunningProgram
  readonly #done: Promise<void>
  #changed = Promise.withResolvers<void>()

  /** Resolves when tcpdump listens, so that nothing which follows is missed. */
  static async start(namespace: Namespace, device: string, filter: string, ...options: string[]): Promise<Capture> {
    const parameters = ['-i', device, '-enn', '-l', '--immediate-mode', ...options, filter]
    const program = namespace.start('tcpdump', parameters)
    const { stderr } = program.process
    await new Promise<void>((resolve, reject) => {
      let said = ''
      stderr?.on('data', (text: string) => {
        said += text
        if (said.includes('listening on')) resolve()
      })
      program.process.once('exit', () => reject(new Error(`tcpdump ended: ${said}`)))
    })
    return new Capture(program)
  }

  private constructor(program: RunningProgram) {
    this.#program = program
    this.#done = this.#read()
  }

  async #read(): Promise<void> {
    for (;;) {
      const line = await this.#program.nextLine().catch(() => undefined)
      if (line === undefined) return
      const parsed = /^\S+ (\S+) > (\S+), ethertype \S+ \(0x\w+\), length (.*)$/.exec(line)
      const last = this.frames.at(-1)
      if (parsed) this.frames.push({ from: parsed[1]!, to: parsed[2]!, text: parsed[3]! })
      // With -v a packet goes on in the next line.
      else if (last) this.frames[this.frames.length - 1] = { ...last, text: `${last.text} ${line.trim()}` }
      this.#changed.resolve()
      this.#changed = Promise.withResolvers()
    }
  }

  /** Waits for a frame that was or will be captured; the test's own timeout is the limit. */
  async until(predicate: (frame: CapturedFrame) => boolean): Promise<CapturedFrame> {
    for (;;) {
      const { promise } = this.#changed
      const found = this.frames.find(predicate)
      if (found) return found
      await promise
    }
  }

  /** Ends it; all frames. */
  async stop(): Promise<readonly CapturedFrame[]> {
    await this.#program.stop('SIGINT')
    await this.#done
    return this.frames
  }
}
