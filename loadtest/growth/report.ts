/** Tables of what was measured. Pure. */
import { modes } from '../group/network.ts'
import { layOut } from '../output.ts'
import type { Point } from '../statistics.ts'
import { type FigureName, figureNames, figures } from './figures.ts'
import { type Axis, spans } from './plan.ts'
import type { PointResult } from './results.ts'
import { growthOf, isSuperLinear } from './slopes.ts'

/** A line of an axis: a figure in a mode over its points. */
export interface Curve {
  readonly mode: PointResult['mode']
  readonly figure: FigureName
  readonly points: readonly Point[]
}

/** Of one axis, in the order of the figures; what was not measured at any point is left out. */
export function curvesOf(axis: Axis, results: readonly PointResult[]): readonly Curve[] {
  return figureNames.flatMap((figure) =>
    modes.flatMap((mode): Curve[] => {
      const points = results
        .filter((point) => point.axis === axis && point.mode === mode)
        .flatMap(({ at, figures: { [figure]: y } }) => (y === undefined ? [] : [{ x: at, y }]))
        .sort((one, other) => one.x - other.x)
      return points.length === 0 ? [] : [{ mode, figure, points }]
    }),
  )
}

/** A table of an axis: a row for each figure and mode, a column for each point, and how it grows. */
export function drawAxis(axis: Axis, results: readonly PointResult[]): readonly string[] {
  const curves = curvesOf(axis, results)
  const ats = [...new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)))].sort((one, other) => one - other)
  const head = [spans[axis].title, ...ats.map((at) => at.toLocaleString('en')), 'slope', 'between', '']
  const rows = curves.map(({ mode, figure, points }) => {
    const growth = growthOf(points)
    return [
      nameOf(figure, mode),
      ...ats.map((at) => valueText(points.find(({ x }) => x === at)?.y)),
      growth === null ? '-' : growth.slope.toFixed(2),
      growth === null ? '-' : growth.steps.map((step) => step.toFixed(1)).join(' '),
      isSuperLinear(points) ? 'super-linear' : '',
    ]
  })
  return layOut([head, ...rows])
}

function nameOf(figure: FigureName, mode: string): string {
  const { title, unit } = figures[figure]
  return `${mode}: ${title}${unit === '' ? '' : `, ${unit}`}`
}

/** Three figures that count. */
export function valueText(value: number | undefined): string {
  if (value === undefined) return '-'
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
