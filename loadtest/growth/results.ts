/** The figures of all runs so far: a run of some points leaves those of the others. Pure. */
import type { Mode } from '../group/network.ts'
import type { Figures } from './figures.ts'
import type { Axis } from './plan.ts'

/** What was measured at one point. */
export interface PointResult {
  readonly axis: Axis
  readonly mode: Mode
  readonly at: number
  readonly figures: Figures
}

export interface Results {
  readonly points: readonly PointResult[]
}

/** What a file of results holds; nothing where it is of something else. */
export function parseResults(text: string): Results {
  try {
    const { points } = JSON.parse(text) as Partial<Results>
    return { points: Array.isArray(points) ? points : [] }
  } catch {
    return { points: [] }
  }
}

/** The later ones in the place of those of the same axis, mode and point. */
export function mergeResults(before: Results, points: readonly PointResult[]): Results {
  const isNew = ({ axis, mode, at }: PointResult) =>
    points.some((one) => one.axis === axis && one.mode === mode && one.at === at)
  return { points: [...before.points.filter((point) => !isNew(point)), ...points] }
}
