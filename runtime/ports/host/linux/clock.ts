import type { CancelTimer, Clock } from '../clock.ts'

/** setTimeout takes at most 2^31-1 ms; a longer wait is made of several. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/** Never changed: who waits for it is woken by the time alone. */
const nothing = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/**
 * CLOCK_MONOTONIC and the event loop's timers. setTimeout counts whole milliseconds from a loop time that was cached up to
 * 1 ms ago, so it can fire early, or late by as much. It is asked for the whole milliseconds, and the thread sleeps through
 * the rest: neither may a lease or an interval end early, nor a takeover between fast adverts wait for the next millisecond.
 */
export const linuxClock: Clock = {
  nowMs,
  wallMs: () => Date.now(),
  setTimer(delayMs: number, fire: () => void): CancelTimer {
    const dueMs = nowMs() + Math.max(0, delayMs)
    let timeout: NodeJS.Timeout
    const wait = (): void => {
      const remainingMs = Math.min(LONGEST_TIMEOUT_MS, Math.max(1, Math.floor(dueMs - nowMs())))
      timeout = setTimeout(look, remainingMs)
    }
    const look = (): void => {
      const restMs = dueMs - nowMs()
      if (restMs >= 1) {
        wait()
        return
      }
      if (restMs > 0) Atomics.wait(nothing, 0, 0, restMs)
      fire()
    }
    wait()
    return () => clearTimeout(timeout)
  },
}
