import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { linuxClock } from '../ports/linux/clock.ts'
import { linuxHost } from './linux-host.ts'
import { runCli } from './program.ts'

/** The command line of this process. */
async function main(): Promise<void> {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort())
  // `proxyha events | head` is over when head is.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const code = await runCli({
    args: process.argv.slice(2),
    stdout: process.stdout,
    stderr: process.stderr,
    variables: process.env,
    clock: linuxClock,
    interrupted: interruption.signal,
    onHangUp: (told) => process.on('SIGHUP', told),
    host: linuxHost,
  })
  // What has been written is flushed before the end; a thread that still runs does not delay it.
  process.stdout.write('', () => process.exit(code))
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main()
