/** The prober's step, ms. */
export const connectEveryMs = 2

/** One line of the prober. */
export interface ProberReport {
  /** When the connections that succeeded since the last report were begun, CLOCK_MONOTONIC. */
  readonly successesMs: readonly number[]
  /** Of those that failed: they were refused, or their SYN was not answered before it would have been sent again. */
  readonly lostMs: readonly number[]
  /** Whether it got a raised scheduling class. */
  readonly raised: boolean
}
