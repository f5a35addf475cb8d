/** `npm run loadtest:failover`: reads the command line and measures in a sandbox, which leaves nothing behind. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInSandbox } from '../../runtime/lab/sandbox.ts'
import { parseOptions, usage } from './options.ts'
import { readRuns, showGaps } from './results.ts'

const defaultJson = (name: string) => fileURLToPath(new URL(`../results/${name}.json`, import.meta.url))
const parsed = parseOptions(process.argv.slice(2), defaultJson)

switch (parsed.type) {
  case 'help':
    process.stdout.write(usage)
    break
  case 'mistake':
    process.stderr.write(`${parsed.reason}\n\n${usage}`)
    process.exitCode = 1
    break
  case 'gather': {
    const { measurements, ...circumstances } = readRuns(parsed.from)
    showGaps(measurements, circumstances, parsed.files)
    break
  }
  case 'run': {
    const { options } = parsed
    const files = { json: resolve(options.json), svg: options.svg === null ? null : resolve(options.svg) }
    process.exitCode = await runInSandbox({
      program: new URL('./inside.ts', import.meta.url),
      args: [JSON.stringify({ ...options, ...files })],
      stdout: process.stdout,
      stderr: process.stderr,
    })
    break
  }
  default:
    parsed satisfies never
}
