import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { linuxClock } from '../ports/host/linux/clock.ts'
import { linuxHost } from './linux-host.ts'
import { runCli } from './program.ts'

/** For the last words on stderr of a command that does not wait for who reads them. */
const LAST_WORDS_MS = 1000

/** The command line of this process. */
async function main(): Promise<void> {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort())
  let unwritten: NodeJS.ErrnoException | undefined
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `proxyha events | head` is over when head is.
    if (error.code === 'EPIPE') process.exit(0)
    unwritten ??= error
  })
  // Nobody is left who could be told.
  process.stderr.on('error', () => undefined)
  let endAtOnce: ((code: number) => never) | undefined
  const code = await runCli({
    args: process.argv.slice(2),
    // Opened when somebody reads it.
    get stdin() {
      return process.stdin
    },
    stdout: process.stdout,
    stderr: process.stderr,
    variables: process.env,
    clock: linuxClock,
    interrupted: interruption.signal,
    onHangUp: (told) => process.on('SIGHUP', told),
    waitForNothing: (end) => {
      endAtOnce = end
    },
    host: linuxHost,
  })
  if (endAtOnce !== undefined) {
    await written(process.stderr, LAST_WORDS_MS)
    endAtOnce(code)
  }
  await written(process.stdout)
  if (unwritten !== undefined) process.stderr.write(`proxyha: stdout cannot be written: ${unwritten.message}\n`)
  // A thread that still runs does not delay the end.
  process.exit(unwritten === undefined ? code : code || 1)
}

/** Resolves when what was written to the stream has left or been refused, or after the patience where there is one. */
function written(stream: NodeJS.WritableStream, patienceMs?: number): Promise<void> {
  return new Promise((resolve) => {
    if (patienceMs !== undefined) setTimeout(resolve, patienceMs)
    // Its `error` event is told before the next turn.
    stream.write('', () => setImmediate(resolve))
  })
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main()
