/**
 * The longest time during which no new connection was established. A gap runs from one success to the next, so it is
 * an upper bound: it includes the prober's own interval, and its stalls.
 */
export class GapMeter {
  #lastMs: number | null = null
  #longestMs = 0

  /** Adds moments of success; those older than the newest known (they overtook each other) change nothing. */
  add(connectedAtMs: readonly number[]): void {
    for (const atMs of [...connectedAtMs].sort((one, other) => one - other)) {
      if (this.#lastMs !== null) this.#longestMs = Math.max(this.#longestMs, atMs - this.#lastMs)
      this.#lastMs = Math.max(atMs, this.#lastMs ?? atMs)
    }
  }

  /** Starts a new measurement; the newest success so far still is the beginning of the gap under way. */
  restart(): void {
    this.#longestMs = 0
  }

  /** When a connection was last established. */
  get lastSuccessAtMs(): number | null {
    return this.#lastMs
  }

  /** The longest gap that has ended since the restart, or the one under way at `nowMs` when it is longer. */
  longestMs(nowMs: number): number {
    return Math.max(this.#longestMs, this.#lastMs === null ? 0 : nowMs - this.#lastMs)
  }

  /** The longest gap that has ended since the restart. */
  get longestEndedMs(): number {
    return this.#longestMs
  }
}
