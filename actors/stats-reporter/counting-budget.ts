/** Share of one core that counting connections may take. */
const SHARE = 1 / 500
/** The same while somebody waits for the last connection to end. */
const AWAITED_SHARE = 1 / 20
/** However long a count takes, the figure is no older than this. */
const OLDEST_MS = 30_000

/**
 * When to count connections again. The kernel walks its whole table of established connections for one count: 10 ms on a
 * machine whose memory makes that table large, even when it is empty. Counted every second that would be 1 % of a core
 * for nothing, so the dearer a count, the rarer.
 */
export class CountingBudget {
  #nextAtMs = Number.NEGATIVE_INFINITY

  isDue(nowMs: number): boolean {
    return nowMs >= this.#nextAtMs
  }

  spent(startedAtMs: number, endedAtMs: number, isAwaited = false): void {
    const share = isAwaited ? AWAITED_SHARE : SHARE
    this.#nextAtMs = endedAtMs + Math.min(OLDEST_MS, (endedAtMs - startedAtMs) / share)
  }

  /** The next look counts, however dear the last count was. */
  renew(): void {
    this.#nextAtMs = Number.NEGATIVE_INFINITY
  }
}
