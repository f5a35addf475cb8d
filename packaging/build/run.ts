import { type ExecFileSyncOptions, execFileSync } from 'node:child_process'

/** How much of what a program has said is worth telling. */
const TOLD_CHARACTERS = 4000

/** A step of the build failed; the message says which, what it said and, where that is known, what to do. */
export class BuildError extends Error {}

/** Runs a program to its end and gives its stdout. @throws BuildError with what it said where it fails or is not there */
export function run(program: string, parameters: readonly string[], options: ExecFileSyncOptions = {}): string {
  try {
    return execFileSync(program, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 26,
      ...options,
    }).toString()
  } catch (cause) {
    const { code, stdout = '', stderr = '' } = cause as { code?: string; stdout?: Buffer; stderr?: Buffer }
    if (code === 'ENOENT') throw new BuildError(`${program} is not installed`, { cause })
    const said = `${stdout}${stderr}`.slice(-TOLD_CHARACTERS)
    throw new BuildError(`${program} ${parameters.join(' ')} failed:\n${said}`, { cause })
  }
}
