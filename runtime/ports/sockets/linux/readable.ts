import { constants } from 'node:os'
import koffi from 'koffi'
import { lastErrno, lastFailure } from './libc.ts'

/** `struct pollfd {int fd; short events; short revents}`, as two words. */
const WORDS = 2
const POLLIN = 1

const poll = koffi.load(null).func('int poll(uintptr_t, unsigned long, int)')

/**
 * Those of the descriptors that are readable, or are none any more, once there is one; none of them when the time is over. It waits in
 * a thread of libuv's pool (four, unless UV_THREADPOOL_SIZE is set), so the event loop goes on; a thread of Node.js that is to end waits for it.
 * Rejects where the kernel cannot say it.
 */
export function readable(fds: readonly number[], timeoutMs: number): Promise<ReadonlySet<number>> {
  // In memory of its own, which does not move.
  const polled = new Int32Array(new ArrayBuffer(fds.length * WORDS * Int32Array.BYTES_PER_ELEMENT))
  for (const [index, fd] of fds.entries()) polled.set([fd, POLLIN], index * WORDS)
  const address = Number(koffi.address(polled))
  return new Promise((resolve, reject) => {
    poll.async(address, fds.length, timeoutMs, (error: Error | null, count: number) => {
      // The errno is the other thread's: it is asked for again here.
      const isRefused = count < 0 && poll(address, fds.length, 0) < 0 && lastErrno() !== constants.errno.EINTR
      if (error !== null) reject(error)
      else if (isRefused) reject(new Error(lastFailure('poll').reason))
      else resolve(new Set(fds.filter((_, index) => polled[index * WORDS + 1]! >>> 16 !== 0)))
    })
  })
}
