import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const OUTPUT_BYTES = 1 << 26
/** What takes longer hangs. */
const PATIENCE_MS = 280_000

/** The result of a program that was run to its end. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** How a program of a test is run. */
export interface HowToRun {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** Runs a program to its end. Rejects where it cannot be started. */
export async function run(program: string, parameters: readonly string[], how: HowToRun = {}): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, parameters, {
      maxBuffer: OUTPUT_BYTES,
      timeout: PATIENCE_MS,
      ...how,
    })
    return { code: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number | string; stdout: string; stderr: string }
    if (typeof code !== 'number') throw error
    return { code, stdout, stderr }
  }
}

/** The same, and its stdout. Rejects with what it said where it fails. */
export async function succeed(program: string, parameters: readonly string[], how?: HowToRun): Promise<string> {
  const { code, stdout, stderr } = await run(program, parameters, how)
  if (code !== 0) throw new Error(`${program} ${parameters.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}

/** The packages of this clone, as `npm run package` builds them, packed quickly. `version`: instead of its own. */
export async function buildPackages(output: string, version?: string): Promise<void> {
  const chosen = version === undefined ? [] : ['--version', version]
  await succeed('npm', ['run', '--silent', 'package', '--', '--quick', '--output', output, ...chosen], { cwd: ROOT })
}

/** The version of this clone. */
export async function ownVersion(): Promise<string> {
  return (await succeed('npm', ['pkg', 'get', 'version'], { cwd: ROOT })).trim().replaceAll('"', '')
}
