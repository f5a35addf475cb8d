import { runInSandbox } from '../runtime/lab/sandbox.ts'
import type { ParsedOptions } from './option-reading.ts'

/** Runs what the command line asks for, and sets the exit code; help and mistakes are printed. */
export async function follow<Options>(
  parsed: ParsedOptions<Options>,
  usage: string,
  run: (options: Options) => Promise<number>,
): Promise<void> {
  switch (parsed.type) {
    case 'help':
      process.stdout.write(usage)
      return
    case 'mistake':
      process.stderr.write(`${parsed.reason}\n\n${usage}`)
      process.exitCode = 1
      return
    case 'run':
      process.exitCode = await run(parsed.options)
      return
    default:
      parsed satisfies never
  }
}

/** Runs a program in a sandbox, which leaves nothing behind, with the options as JSON; its exit code. */
export const runInside = (program: URL, options: unknown): Promise<number> =>
  runInSandbox({ program, args: [JSON.stringify(options)], stdout: process.stdout, stderr: process.stderr })
