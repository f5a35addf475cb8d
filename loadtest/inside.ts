/** A load test inside its sandbox: `node inside.ts NAME OPTIONS-AS-JSON`. Its own exit code, or 130 when it was cut short. */
import { settleInSandbox } from '../runtime/lab/testbed/sandbox.ts'
import { loadTestOf } from './load-test.ts'

settleInSandbox(() => process.exit(130))
const [name = '', options = ''] = process.argv.slice(2)
const loadTest = await loadTestOf(name)
process.exitCode = await loadTest.run(JSON.parse(options))
// The kernel ends all that was started: this process is PID 1 of the sandbox.
process.exit()
