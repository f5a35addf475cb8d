/** A caller that the sandbox's tests can kill: `node sandbox-caller.ts ARGS-OF-SANDBOXED`. */
import { runInSandbox } from '../../../../runtime/lab/testbed/sandbox.ts'

process.exitCode = await runInSandbox({
  program: new URL('./sandboxed.ts', import.meta.url),
  args: process.argv.slice(2),
  stdout: process.stdout,
  stderr: process.stderr,
})
