/** `npm run loadtest`: reads the command line and runs the load test in a sandbox, which leaves nothing behind. */
import { fileURLToPath } from 'node:url'
import { runInSandbox } from '../runtime/lab/sandbox.ts'
import { parseOptions, usage } from './options.ts'

const defaults = {
  json: fileURLToPath(new URL('./results/latest.json', import.meta.url)),
  baseline: fileURLToPath(new URL('./baseline.json', import.meta.url)),
}
const parsed = parseOptions(process.argv.slice(2), defaults)

switch (parsed.type) {
  case 'help':
    process.stdout.write(usage)
    break
  case 'mistake':
    process.stderr.write(`${parsed.reason}\n\n${usage}`)
    process.exitCode = 1
    break
  case 'run':
    process.exitCode = await runInSandbox({
      program: new URL('./inside.ts', import.meta.url),
      args: [JSON.stringify(parsed.options)],
      stdout: process.stdout,
      stderr: process.stderr,
    })
    break
  default:
    parsed satisfies never
}
