/** The strip plot: every round of every row a dot, the daemons side by side. */
import { column, dot, drawPlot, line, round, text, width } from '../svg.ts'
import { daemons, type Load, loads } from './plan.ts'
import { milliseconds } from './report.ts'
import type { DaemonSummary, RowSummary } from './summary.ts'

const labelWidth = 90
const panelGap = 44
const headHeight = 76
const titleHeight = 26
const stripHeight = 13
const rowHeight = daemons.length * stripHeight + 8
const axisHeight = 34
/** The axis: 1 ms to 10 s; what lies beyond is drawn at its end. */
const decades = [1, 10, 100, 1000, 10_000] as const
const panelWidth = (width - labelWidth - 2 * panelGap) / 2

/** The plot of all rows; `subtitle` says where and how they were measured. */
export function plotGaps(summaries: readonly RowSummary[], subtitle: string): string {
  const parts: string[] = []
  let y = headHeight
  for (const group of byFault(summaries)) {
    parts.push(text(0, y + 16, 'title', `${group.name}: ${group.title}`))
    y += titleHeight
    for (const pace of group.paces) {
      parts.push(text(0, y + rowHeight / 2, 'small', pace.name))
      for (const summary of pace.rows) parts.push(strips(summary, panelLeft(summary.row.load), y))
      y += rowHeight
    }
  }
  const axes = loads.filter((load) => summaries.some(({ row }) => row.load === load)).map((load) => axis(load, y))
  const heading = 'Longest gap that a client sees when the director changes'
  const title = `${heading}: proxyha and keepalived`
  return drawPlot(title, heading, subtitle, y + axisHeight, [legendAt(width - 290, 20), ...axes, ...parts])
}

interface FaultGroup {
  readonly name: string
  readonly title: string
  readonly paces: readonly { readonly name: string; readonly rows: readonly RowSummary[] }[]
}

function byFault(summaries: readonly RowSummary[]): readonly FaultGroup[] {
  return [...Map.groupBy(summaries, ({ row }) => row.fault)].map(([{ name, title }, own]) => ({
    name,
    title,
    paces: [...Map.groupBy(own, ({ row }) => row.pace.name)].map(([pace, rows]) => ({ name: pace, rows })),
  }))
}

function panelLeft(load: Load): number {
  return labelWidth + loads.indexOf(load) * (panelWidth + panelGap)
}

/** Where a gap lies within its panel, by its logarithm. */
export function placeOf(gapMs: number): number {
  const [low, high] = [decades[0], decades[decades.length - 1] ?? decades[0]]
  const within = Math.min(high, Math.max(low, gapMs))
  return round(((Math.log10(within) - Math.log10(low)) / (Math.log10(high) - Math.log10(low))) * panelWidth)
}

function strips({ daemons: own, boundMs }: RowSummary, left: number, top: number): string {
  const drawn = own.map((summary) => strip(summary, left, top + 4 + daemons.indexOf(summary.daemon) * stripHeight))
  if (boundMs === null) return drawn.join('')
  const x = left + placeOf(boundMs)
  return `${line('mark', x, top, x, top + rowHeight - 2)}${drawn.join('')}`
}

function strip({ daemon, gapsMs, gap, failures }: DaemonSummary, left: number, top: number): string {
  const middle = top + stripHeight / 2
  const dots = gapsMs.map((gapMs) => dot(`dot ${daemon}`, left + placeOf(gapMs), middle, 3.5))
  const failed = failures === 0 ? '' : text(left + panelWidth - 60, middle + 4, daemon, `${failures} failed`)
  if (!gap) return failed
  const x = left + placeOf(gap.median)
  // The figure stands beside the dots; where they reach the right end, on their other side.
  const beyond = placeOf(gap.max) > panelWidth - 60
  const at = beyond ? left + placeOf(gap.min) - 8 : left + placeOf(gap.max) + 8
  const figure = text(at, middle + 4, 'small', milliseconds(gap.median), beyond ? 'end' : 'start')
  return `${dots.join('')}${line(`line ${daemon}`, x, top + 1, x, top + stripHeight - 1)}${figure}${failed}`
}

function axis(load: Load, bottom: number): string {
  const left = panelLeft(load)
  const lines = decades.map((ms) =>
    column(left + placeOf(ms), headHeight, bottom, ms < 1000 ? `${ms} ms` : `${ms / 1000} s`),
  )
  const title = load === 'idle' ? 'idle machine' : 'all cores busy'
  return `${lines.join('')}${text(left, headHeight - 4, 'title', title)}`
}

function legendAt(x: number, y: number): string {
  const entries = daemons.map(
    (daemon, index) => `${dot(daemon, x + index * 90, y - 4, 4)}${text(x + 10 + index * 90, y, '', daemon)}`,
  )
  return entries.join('')
}
