/** Share of one core that counting connections may take. */
const SHARE = 1 / 500
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

  spent(startedAtMs: number, endedAtMs: number): void {
    this.#nextAtMs = endedAtMs + Math.min(OLDEST_MS, (endedAtMs - startedAtMs) / SHARE)
  }
}
