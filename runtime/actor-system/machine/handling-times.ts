import { bucketOf, DURATION_BOUNDS_MS, type Histogram } from '../inspection/histogram.ts'

const BUCKETS = DURATION_BOUNDS_MS.length + 1
/** The sum in microseconds, of 64 bits: low half, high half. */
const [LOW, HIGH] = [BUCKETS, BUCKETS + 1]
/** So many 32-bit cells. */
export const HANDLING_CELLS = BUCKETS + 2
const HALF = 2 ** 32

/**
 * For how long an actor's thread was busy with each message, timer and call, in memory that every thread may look at. Its own thread alone
 * writes, and makes nothing that garbage would come of.
 */
export class HandlingTimes {
  private readonly cells: Int32Array

  constructor(cells: Int32Array) {
    this.cells = cells
  }

  note(ms: number): void {
    const { cells } = this
    Atomics.add(cells, bucketOf(ms), 1)
    const low = (Atomics.load(cells, LOW) >>> 0) + Math.round(ms * 1000)
    if (low >= HALF) Atomics.add(cells, HIGH, Math.floor(low / HALF))
    Atomics.store(cells, LOW, low | 0)
  }

  /** In ms. */
  read(): Histogram {
    const read = (cell: number) => Atomics.load(this.cells, cell) >>> 0
    const counts = Array.from({ length: BUCKETS }, (_, bucket) => read(bucket))
    return { bounds: DURATION_BOUNDS_MS, counts, sum: (read(HIGH) * HALF + read(LOW)) / 1000 }
  }
}
