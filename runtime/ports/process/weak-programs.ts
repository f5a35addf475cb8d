import type { Programs } from './programs.ts'

/** Programs of one setting that should not be run as they are, or cannot be. */
export class WeakPrograms {
  readonly #setting: string
  readonly #programs: Pick<Programs, 'weaknessOf'>
  readonly #warn: (line: string) => void
  #warnings: readonly string[] = []

  /** `setting`: as the file has it. `warn`: what is found, and was not at the look before. */
  constructor(setting: string, programs: Pick<Programs, 'weaknessOf'>, warn: (line: string) => void) {
    this.#setting = setting
    this.#programs = programs
    this.#warn = warn
  }

  /** As the last look found them. */
  get warnings(): readonly string[] {
    return this.#warnings
  }

  /** At the start and at a reload: a file that becomes weak later is an administrator's who may do all the same. */
  look(commands: readonly (readonly string[])[]): void {
    const paths = new Set(commands.flatMap(([path]) => (path === undefined ? [] : [path])))
    const found = [...paths].flatMap((path) => {
      const weakness = this.#programs.weaknessOf(path)
      return weakness === null ? [] : [`${this.#setting}: ${weakness}`]
    })
    for (const line of found) if (!this.#warnings.includes(line)) this.#warn(line)
    this.#warnings = found
  }
}
