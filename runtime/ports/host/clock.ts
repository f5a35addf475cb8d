/** Cancels a timer; calling it twice, or after the timer fired, does nothing. */
export type CancelTimer = () => void

/**
 * Time as actors see it. `nowMs` is monotonic (CLOCK_MONOTONIC) and shared by all threads of the process, so leases may
 * be compared between them; it has no relation to the calendar and does not jump when the wall clock is set.
 */
export interface Clock {
  /** Milliseconds since an arbitrary start, with a fraction; never goes back. */
  nowMs(): number
  /** Milliseconds since 1970, for people only: never decide by it. */
  wallMs(): number
  /** Calls `fire` once, `delayMs` or later from now. */
  setTimer(delayMs: number, fire: () => void): CancelTimer
}
