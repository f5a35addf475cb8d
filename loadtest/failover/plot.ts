/** The strip plot: every round of every row a dot, the daemons side by side, as one SVG file without a dependency. */
import { daemons, type Load, loads } from './plan.ts'
import { milliseconds } from './report.ts'
import type { DaemonSummary, RowSummary } from './summary.ts'

const width = 1000
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

/** Legible on white and on black alike; colours that differ for the colour-blind, too. */
const style = `text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.head{font-size:16px;font-weight:600}
.small{font-size:11px;fill:#57606a}.grid{stroke:#d0d7de}.bound{stroke:#57606a;stroke-dasharray:2 2}
.proxyha{fill:#0969da}.keepalived{fill:#bc4c00}.proxyha-kernel{fill:#1a7f37}.dot{fill-opacity:.45}line.proxyha{stroke:#0969da;stroke-width:2}
line.keepalived{stroke:#bc4c00;stroke-width:2}line.proxyha-kernel{stroke:#1a7f37;stroke-width:2}.back{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.grid{stroke:#30363d}.bound{stroke:#9198a1}
.proxyha{fill:#58a6ff}.keepalived{fill:#f0883e}.proxyha-kernel{fill:#3fb950}line.proxyha{stroke:#58a6ff}line.keepalived{stroke:#f0883e}line.proxyha-kernel{stroke:#3fb950}.back{fill:#0d1117}}`

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
  const height = y + axisHeight
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<title>Longest gap that a client sees when the director changes: proxyha and keepalived</title>',
    `<style>${style}</style><rect class="back" width="${width}" height="${height}"/>`,
    text(0, 20, 'head', 'Longest gap that a client sees when the director changes'),
    text(0, 38, 'small', subtitle),
    legendAt(width - 290, 20),
    ...loads.filter((load) => summaries.some(({ row }) => row.load === load)).map((load) => axis(load, y)),
    ...parts,
    '</svg>',
    '',
  ].join('\n')
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
  const x = round(left + placeOf(boundMs))
  return `<line class="bound" x1="${x}" y1="${top}" x2="${x}" y2="${top + rowHeight - 2}"/>${drawn.join('')}`
}

function strip({ daemon, gapsMs, gap, failures }: DaemonSummary, left: number, top: number): string {
  const middle = top + stripHeight / 2
  const dots = gapsMs.map(
    (gapMs) => `<circle class="dot ${daemon}" cx="${round(left + placeOf(gapMs))}" cy="${middle}" r="3.5"/>`,
  )
  const failed = failures === 0 ? '' : text(left + panelWidth - 60, middle + 4, daemon, `${failures} failed`)
  if (!gap) return failed
  const x = round(left + placeOf(gap.median))
  // The figure stands beside the dots; where they reach the right end, on their other side.
  const beyond = placeOf(gap.max) > panelWidth - 60
  const at = beyond ? left + placeOf(gap.min) - 8 : left + placeOf(gap.max) + 8
  const anchor = beyond ? ' text-anchor="end"' : ''
  const figure = `<text class="small" x="${round(at)}" y="${middle + 4}"${anchor}>${milliseconds(gap.median)}</text>`
  return `${dots.join('')}<line class="${daemon}" x1="${x}" y1="${top + 1}" x2="${x}" y2="${top + stripHeight - 1}"/>${figure}${failed}`
}

function axis(load: Load, bottom: number): string {
  const left = panelLeft(load)
  const lines = decades.map((ms) => {
    const x = round(left + placeOf(ms))
    const label = ms < 1000 ? `${ms} ms` : `${ms / 1000} s`
    return `<line class="grid" x1="${x}" y1="${headHeight}" x2="${x}" y2="${bottom}"/><text class="small" x="${x}" y="${bottom + 16}" text-anchor="middle">${label}</text>`
  })
  const title = load === 'idle' ? 'idle machine' : 'all cores busy'
  return `${lines.join('')}${text(left, headHeight - 4, 'title', title)}`
}

function legendAt(x: number, y: number): string {
  const entries = daemons.map(
    (daemon, index) =>
      `<circle class="${daemon}" cx="${x + index * 90}" cy="${y - 4}" r="4"/>${text(x + 10 + index * 90, y, '', daemon)}`,
  )
  return entries.join('')
}

function text(x: number, y: number, kind: string, content: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}">${escaped}</text>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
