import { GapMeter } from '../../runtime/lab/gap-meter.ts'

/** Successes kept: minutes of them, more than the longest measurement needs. */
const kept = 100_000

/** When connections that succeeded were begun, in whatever order they became known. */
export class Successes {
  #atMs: number[] = []

  add(atMs: readonly number[]): void {
    this.#atMs.push(...atMs)
    if (this.#atMs.length > 2 * kept) this.#atMs = this.#atMs.slice(-kept)
  }

  clear(): void {
    this.#atMs = []
  }

  /** The newest known; -Infinity for none. */
  get lastMs(): number {
    return this.#atMs.at(-1) ?? Number.NEGATIVE_INFINITY
  }

  /** The longest time between two successes in a row of which the later one came after `sinceMs`. */
  longestGapMs(sinceMs: number): number {
    const sorted = [...this.#atMs].sort((one, other) => one - other)
    const from = sorted.findIndex((atMs) => atMs > sinceMs)
    const meter = new GapMeter()
    if (from >= 0) meter.add(sorted.slice(Math.max(0, from - 1)))
    return meter.longestEndedMs
  }
}
