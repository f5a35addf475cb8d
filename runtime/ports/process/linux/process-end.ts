import koffi from 'koffi'

const exitAtOnce: (code: number) => void = koffi.load(null).func('void _exit(int)')

/**
 * Ends the process with this code, whatever its threads are stuck in. `process.exit` waits for every Worker and for libuv's own threads: one
 * that is in a system call which does not return (a write to a terminal that was stopped, a file on a disk that hangs) holds it up for ever.
 */
export function endProcess(code: number): never {
  exitAtOnce(code)
  throw new Error('_exit returned')
}
