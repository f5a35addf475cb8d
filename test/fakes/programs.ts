import type { Program, ProgramOutcome, Programs } from '../../runtime/ports/process/programs.ts'

/** Keeps what was run; the test ends it, by its name. */
export class FakePrograms implements Programs {
  readonly runs: (Program & { readonly name: string })[] = []
  /** By path. */
  readonly weaknesses = new Map<string, string>()
  isClosed = false
  readonly #running = new Map<string, (outcome: ProgramOutcome) => void>()

  get running(): readonly string[] {
    return [...this.#running.keys()]
  }

  run(name: string, program: Program): Promise<ProgramOutcome> {
    if (this.#running.has(name)) throw new Error(`two runs of ${name} at a time`)
    this.runs.push({ name, ...program })
    return new Promise((resolve) => this.#running.set(name, resolve))
  }

  /** Resolves when whoever has run it knows. */
  async end(name: string, problem: string | null = null, lastLine: string | null = null): Promise<void> {
    const resolve = this.#running.get(name)
    if (resolve === undefined) throw new Error(`${name} does not run`)
    this.#running.delete(name)
    resolve({ problem, lastLine })
    await new Promise((settled) => setImmediate(settled))
  }

  weaknessOf(path: string): string | null {
    return this.weaknesses.get(path) ?? null
  }

  close(): void {
    this.isClosed = true
  }
}
