/** The middle value; the mean of the two middle ones of an even number. Undefined for no values. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((one, other) => one - other)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2
}

/** The smallest value that at least `share` (0..1) of all values do not exceed (nearest rank). Undefined for no values. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** The straight line that is nearest to points, by least squares; `spreadX`: the sum of the squares of what the x differ from their mean by. */
export interface NearestLine {
  readonly slope: number
  readonly spreadX: number
  /** What it has at an x. */
  at(x: number): number
}

/** Null where no two points differ in x. */
export function nearestLine(points: readonly Point[]): NearestLine | null {
  const mean = (of: (point: Point) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)]
  const spreadX = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  if (spreadX === 0) return null
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spreadX
  return { slope, spreadX, at: (x) => meanY + slope * (x - meanX) }
}
