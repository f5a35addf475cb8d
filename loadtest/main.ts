/** `npm run loadtest...`: `node main.ts NAME [options]` runs a load test in a sandbox, which leaves nothing behind. */
import { runInSandbox } from '../runtime/lab/testbed/sandbox.ts'
import { loadTestOf } from './load-test.ts'

const [name = '', ...args] = process.argv.slice(2)
const loadTest = await loadTestOf(name)
const parsed = loadTest.parse(args)

switch (parsed.type) {
  case 'help':
    process.stdout.write(loadTest.usage)
    break
  case 'mistake':
    process.stderr.write(`${parsed.reason}\n\n${loadTest.usage}`)
    process.exitCode = 1
    break
  case 'run':
    process.exitCode = await (loadTest.needsSandbox(parsed.options)
      ? runInSandbox({
          program: new URL('./inside.ts', import.meta.url),
          args: [name, JSON.stringify(parsed.options)],
          stdout: process.stdout,
          stderr: process.stderr,
        })
      : loadTest.run(parsed.options))
    break
  default:
    parsed satisfies never
}
