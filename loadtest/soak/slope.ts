/** Whether a figure grows: least squares over the means of equal spans. Pure. */

import { nearestLine, type Point } from '../statistics.ts'

/** Of the straight line that is nearest to the points, and how uncertain it is; null for fewer than three points, or all at one x. */
export interface Slope {
  readonly slope: number
  readonly standardError: number
  readonly points: number
}

export function slopeOf(points: readonly Point[]): Slope | null {
  const count = points.length
  const line = nearestLine(points)
  if (count < 3 || line === null) return null
  const { slope, spreadX } = line
  const residual = points.reduce((sum, { x, y }) => sum + (y - line.at(x)) ** 2, 0)
  return { slope, standardError: Math.sqrt(residual / (count - 2) / spreadX), points: count }
}

/**
 * The means of spans of that width. What is sampled every second follows from what it was a second ago, so that its points would make a slope
 * look far more certain than it is; the means of whole rounds of events do so much less. The last span counts when it is full.
 */
export function meansOf(points: readonly Point[], width: number): readonly Point[] {
  const [first] = points
  if (first === undefined) return []
  const spans = Map.groupBy(points, ({ x }) => Math.floor((x - first.x) / width))
  const endOf = (span: number) => first.x + (span + 1) * width
  const lastX = points.at(-1)?.x ?? first.x
  const spacing = points.length < 2 ? 0 : (lastX - first.x) / (points.length - 1)
  return [...spans]
    .filter(([span]) => endOf(span) <= lastX + 1.5 * spacing)
    .map(([, own]) => ({
      x: own.reduce((sum, { x }) => sum + x, 0) / own.length,
      y: own.reduce((sum, { y }) => sum + y, 0) / own.length,
    }))
}

/** Of Student's distribution, by degrees of freedom from 1 on: one slope in forty that does not exceed its bound is taken for one that does. */
const CERTAINTY = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1, 2.09, 2.09,
]
/** Beyond them, for so many as an hour has. */
const CERTAINTY_OF_MANY = 2.0

/** Whether it is above its bound by more than chance explains. */
export const isAbove = ({ slope, standardError, points }: Slope, bound: number): boolean =>
  slope - (CERTAINTY[points - 3] ?? CERTAINTY_OF_MANY) * standardError > bound
