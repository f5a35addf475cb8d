import koffi from 'koffi'

/** `struct pollfd {int fd; short events; short revents}`, as two words. */
const WORDS = 2
const POLLIN = 1

const poll = koffi.load(null).func('int poll(uintptr_t, unsigned long, int)')

/**
 * Those of the descriptors that are readable, or are none any more, once there is one; none of them when the time is over. It waits in
 * a thread of libuv's pool (four, unless UV_THREADPOOL_SIZE is set), so the event loop goes on; a thread of Node.js that is to end waits for it.
 */
export function readable(fds: readonly number[], timeoutMs: number): Promise<ReadonlySet<number>> {
  // In memory of its own, which does not move.
  const polled = new Int32Array(new ArrayBuffer(fds.length * WORDS * Int32Array.BYTES_PER_ELEMENT))
  for (const [index, fd] of fds.entries()) polled.set([fd, POLLIN], index * WORDS)
  return new Promise((resolve, reject) => {
    poll.async(Number(koffi.address(polled)), fds.length, timeoutMs, (error: Error | null) => {
      if (error !== null) reject(error)
      else resolve(new Set(fds.filter((_, index) => polled[index * WORDS + 1]! >>> 16 !== 0)))
    })
  })
}
