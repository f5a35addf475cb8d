import type { CancelTimer, Clock } from '../clock.ts'

/** setTimeout takes at most 2^31-1 ms; a longer wait is made of several. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/**
 * CLOCK_MONOTONIC and the event loop's timers. setTimeout counts whole milliseconds from a loop time that was cached up to
 * 1 ms ago, so it can fire early; here the remainder is waited for, since a lease or an interval must never end early.
 */
export const linuxClock: Clock = {
  nowMs,
  wallMs: () => Date.now(),
  setTimer(delayMs: number, fire: () => void): CancelTimer {
    const dueMs = nowMs() + Math.max(0, delayMs)
    let timeout: NodeJS.Timeout
    const wait = (): void => {
      const remainingMs = Math.min(LONGEST_TIMEOUT_MS, Math.max(1, Math.ceil(dueMs - nowMs())))
      timeout = setTimeout(() => (nowMs() < dueMs ? wait() : fire()), remainingMs)
    }
    wait()
    return () => clearTimeout(timeout)
  },
}
