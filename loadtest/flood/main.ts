/** `npm run loadtest:flood`: reads the command line and runs in a sandbox, which leaves nothing behind. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInSandbox } from '../../runtime/lab/sandbox.ts'
import { parseOptions, usage } from './options.ts'

const defaultJson = fileURLToPath(new URL('../results/flood.json', import.meta.url))
const parsed = parseOptions(process.argv.slice(2), defaultJson)

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
      args: [JSON.stringify({ ...parsed.options, json: resolve(parsed.options.json) })],
      stdout: process.stdout,
      stderr: process.stderr,
    })
    break
  default:
    parsed satisfies never
}
