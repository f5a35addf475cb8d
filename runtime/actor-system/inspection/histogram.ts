/** How often values were how large: counted in buckets that are fixed, so that it takes the same room for ever. */
export interface Histogram {
  /** Upper bounds, inclusive and rising, in the unit of the values. */
  readonly bounds: readonly number[]
  /** One for each bound, and one for what is beyond. */
  readonly counts: readonly number[]
  readonly sum: number
}

/** Of what takes from a tenth of a millisecond to seconds, in ms. */
export const DURATION_BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000] as const

/** Nothing was observed. */
export const emptyHistogram: Histogram = {
  bounds: DURATION_BOUNDS_MS,
  counts: [...DURATION_BOUNDS_MS.map(() => 0), 0],
  sum: 0,
}

/** Which of its counts a value belongs to. */
export function bucketOf(value: number): number {
  const bucket = DURATION_BOUNDS_MS.findIndex((bound) => value <= bound)
  return bucket < 0 ? DURATION_BOUNDS_MS.length : bucket
}

export function observed({ bounds, counts, sum }: Histogram, value: number): Histogram {
  const bucket = bucketOf(value)
  return { bounds, counts: counts.with(bucket, (counts[bucket] ?? 0) + 1), sum: sum + value }
}

/**
 * The value that so large a share of all is not above, 0..1: within its bucket by its place there, so at best as exact as that is narrow. What is
 * beyond the last bound counts as that. Null: nothing was observed.
 */
export function quantileOf({ bounds, counts }: Histogram, share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let below = 0
  for (const [bucket, bound] of bounds.entries()) {
    const count = counts[bucket] ?? 0
    if (count > 0 && below + count >= share * total) {
      const from = bounds[bucket - 1] ?? 0
      return from + (bound - from) * Math.max(0, (share * total - below) / count)
    }
    below += count
  }
  return bounds.at(-1) ?? null
}
