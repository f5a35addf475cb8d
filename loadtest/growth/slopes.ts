/** How a figure grows with what it is drawn over, by logarithms of both: 0 not at all, 1 in proportion, 2 with the square. Pure. */
import { nearestLine, type Point } from '../statistics.ts'

/** `steps`: between each two neighbours, where a curve that bends up shows. */
export interface Growth {
  /** Of the straight line through all points, by least squares. */
  readonly slope: number
  readonly steps: readonly number[]
}

/** Null for fewer than two points, or where one is not above zero. */
export function growthOf(points: readonly Point[]): Growth | null {
  const sorted = [...points].sort((one, other) => one.x - other.x)
  if (sorted.length < 2 || sorted.some(({ x, y }) => !(x > 0) || !(y > 0))) return null
  const logs = sorted.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }))
  const steps = logs.slice(1).map((to, at) => (to.y - logs[at]!.y) / (to.x - logs[at]!.x))
  const line = nearestLine(logs)
  return line === null ? null : { slope: line.slope, steps }
}

/** More than in proportion, beyond what points that are measured once differ by. */
const SUPER_LINEAR = 1.2
/** A step counts that adds this share of the highest value or more: below, it is one of noise. */
const NOISE = 0.1

/** Whether a curve grows faster than what it is drawn over, as a whole or between two neighbours: it may be flat before, and have a bound behind. */
export function isSuperLinear(points: readonly Point[]): boolean {
  const growth = growthOf(points)
  if (growth === null) return false
  const heights = [...points].sort((one, other) => one.x - other.x).map(({ y }) => y)
  const least = NOISE * Math.max(...heights)
  const isSteep = (step: number, at: number) => step > SUPER_LINEAR && heights[at + 1]! - heights[at]! > least
  return growth.slope > SUPER_LINEAR || growth.steps.some(isSteep)
}
