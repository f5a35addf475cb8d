/** The plots: a panel for each figure, both of its axes logarithmic, a line for each mode. Pure. */

import type { Point } from '../statistics.ts'
import { dot, drawPlot, line, round, row, text, width } from '../svg.ts'
import { figureNames, figures } from './figures.ts'
import { type Axis, spans } from './plan.ts'
import { type Curve, curvesOf, valueText } from './report.ts'
import type { PointResult } from './results.ts'
import { growthOf } from './slopes.ts'

const columns = 3
const headHeight = 84
const panelHeight = 150
const panelGap = 66
/** Of two places that are nearer to each other the right one has its label. */
const labelWidth = 26
const left = 62
const gap = 76
const panelWidth = (width - left - (columns - 1) * gap - 16) / columns
const kinds = { kernel: 'proxyha-kernel', workers: 'proxyha' } as const

/** The figures of an axis that are above zero; `subtitle` says how they came about. */
export function plotAxis(axis: Axis, results: readonly PointResult[], subtitle: string): string {
  const curves = curvesOf(axis, results).filter(({ points }) => growthOf(points) !== null)
  const names = figureNames.filter((name) => curves.some(({ figure }) => figure === name))
  const rows = Math.ceil(names.length / columns)
  const heading = `How cost grows with the ${spans[axis].title}`
  return drawPlot(heading, heading, subtitle, headHeight + rows * (panelHeight + panelGap), [
    ...legend(),
    ...names.map((name, at) => {
      const x = left + (at % columns) * (panelWidth + gap)
      const y = headHeight + Math.floor(at / columns) * (panelHeight + panelGap)
      return panel(
        curves.filter(({ figure }) => figure === name),
        x,
        y,
      )
    }),
  ])
}

const legend = (): readonly string[] =>
  Object.entries(kinds).flatMap(([mode, kind], at) => [
    line(`line ${kind}`, width - 250 + at * 120, 16, width - 230 + at * 120, 16),
    text(width - 224 + at * 120, 20, 'small', `${mode} mode`),
  ])

function panel(curves: readonly Curve[], x: number, y: number): string {
  const all = curves.flatMap(({ points }) => points)
  const spanX = spanOf(all.map((point) => point.x))
  // A figure that hardly grows would fill the panel with its noise: a factor of ten at least is drawn.
  const spanY = widened(spanOf(all.map((point) => point.y)))
  const place = (point: Point) => ({
    x: x + shareOf(point.x, spanX) * panelWidth,
    y: y + panelHeight * (1 - shareOf(point.y, spanY)),
  })
  const { title, unit } = figures[curves[0]!.figure]
  const ats = [...new Set(all.map((point) => point.x))].sort((one, other) => one - other)
  return [
    text(x, y - 24, 'title', `${title}${unit === '' ? '' : `, ${unit}`}`),
    text(x, y - 8, 'small', curves.map(slopeText).join('   ')),
    row(y, x, x + panelWidth, valueText(spanY[1])),
    row(y + panelHeight, x, x + panelWidth, valueText(spanY[0])),
    ...ats
      .map((at) => ({ at, labelX: place({ x: at, y: spanY[0] }).x }))
      .filter(({ labelX }, index, all) => (all[index + 1]?.labelX ?? Number.POSITIVE_INFINITY) - labelX > labelWidth)
      .map(({ at, labelX }) => text(labelX, y + panelHeight + 16, 'small', shortText(at), 'middle')),
    ...curves.map(({ mode, points }) => {
      const places = points.map(place)
      const path = places.map((at) => `${round(at.x)},${round(at.y)}`).join(' ')
      return `<polyline class="line ${kinds[mode]}" points="${path}"/>${places.map((at) => dot(kinds[mode], at.x, at.y, 2.5)).join('')}`
    }),
  ].join('')
}

type Span = readonly [number, number]

const spanOf = (values: readonly number[]): Span => [Math.min(...values), Math.max(...values)]

/** To a factor of ten, as much up as down. */
export function widened([least, most]: Span): Span {
  const lacking = Math.sqrt(Math.max(1, 10 / (most / least)))
  return [least / lacking, most * lacking]
}

const shareOf = (value: number, [least, most]: Span): number =>
  most === least ? 0.5 : Math.log(value / least) / Math.log(most / least)

const slopeText = ({ mode, points }: Curve): string => `${mode} ${growthOf(points)?.slope.toFixed(2) ?? '-'}`

const shortText = (value: number): string =>
  value >= 1e6 ? `${value / 1e6}M` : value >= 10_000 ? `${round(value / 1000)}k` : `${value}`
