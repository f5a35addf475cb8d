/** The plot: for each balancer the greatest load share minute by minute, and what fairness costs in moves, as one SVG file. */
import { DOT_RADIUS, placeLabels } from './labels.ts'
import type { Outcome } from './metrics.ts'
import { disturbanceOf } from './report.ts'
import { nodeName, type Scenario } from './scenario.ts'

const width = 1000
const left = 190
const right = 16
const headHeight = 84
const panelHeight = 74
const panelGap = 12
const scatterHeight = 260
const axisHeight = 40
/** The panels' axis ends there; what lies beyond is drawn at its end. */
const mostShare = 3
const plotWidth = width - left - right

/** Legible on white and on black alike; colours that differ for the colour-blind, too. */
const style = `text{font:12px system-ui,sans-serif;fill:#24292f}.head{font-size:16px;font-weight:600}.title{font-weight:600}
.small{font-size:11px;fill:#57606a}.middle{text-anchor:middle}.grid{stroke:#d0d7de}.fair{stroke:#57606a;stroke-dasharray:2 2}.event{fill:#8c959f;fill-opacity:.18}
.line{fill:none;stroke:#bc4c00;stroke-width:1.4}.dot{fill:#bc4c00}.own.line{stroke:#0969da}.own.dot{fill:#0969da}.back{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.grid{stroke:#30363d}.fair{stroke:#9198a1}.event{fill:#9198a1}
.line{stroke:#f0883e}.dot{fill:#f0883e}.own.line{stroke:#58a6ff}.own.dot{fill:#58a6ff}.back{fill:#0d1117}}`

/** The plot of all outcomes. */
export function plotOutcomes(outcomes: readonly Outcome[], scenario: Scenario): string {
  const panelsEnd = headHeight + outcomes.length * (panelHeight + panelGap)
  const height = panelsEnd + axisHeight + scatterHeight + axisHeight
  const { clients, connectionsPerS, exponent, seed } = scenario
  const subtitle = `Most loaded node of each minute, load relative to what it can do; 1 = its fair share. ${clients.toLocaleString('en')} clients, Zipf ${exponent}, ${connectionsPerS} connections/s, seed ${seed}.`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<title>Load shares and moves of proxyha and of the references, simulated</title>',
    `<style>${style}</style><rect class="back" width="${width}" height="${height}"/>`,
    text(0, 20, 'head', 'How even the load is, and what that costs'),
    text(0, 38, 'small', subtitle),
    ...troubles(scenario, panelsEnd - panelGap),
    ...outcomes.map((outcome, at) => panel(outcome, at, scenario)),
    hours(scenario, panelsEnd),
    scatter(outcomes, panelsEnd + axisHeight),
    '</svg>',
    '',
  ].join('\n')
}

const timeX = ({ durationS }: Scenario, atS: number): number => left + (atS / durationS) * plotWidth

/** When a node was dead or busy, and when one joined, across all panels. */
function troubles(scenario: Scenario, bottom: number): readonly string[] {
  const { events, durationS } = scenario
  return events.flatMap((event, at) => {
    const isTrouble = event.type === 'dies' || (event.type === 'busy' && event.share > 0)
    const isNew =
      event.type === 'joins' && event.atS > 0 && !events.slice(0, at).some(({ node }) => node === event.node)
    if (!isTrouble && !isNew) return []
    const end = isNew ? event : events.slice(at + 1).find(({ node }) => node === event.node)
    const from = timeX(scenario, event.atS)
    const to = Math.max(from + 2, timeX(scenario, end?.atS ?? durationS))
    const name = nodeName(event.node)
    const label = isNew ? `${name} joins` : event.type === 'dies' ? `${name} dead` : `${name} busy`
    const box = `<rect class="event" x="${round(from)}" y="${headHeight - 10}" width="${round(to - from)}" height="${bottom - headHeight + 10}"/>`
    return [
      box,
      `<text class="small" x="${round((from + to) / 2)}" y="${headHeight - 16}" text-anchor="middle">${label}</text>`,
    ]
  })
}

function panel({ name, isProduct, share, series }: Outcome, at: number, scenario: Scenario): string {
  const top = headHeight + at * (panelHeight + panelGap)
  const y = (value: number) => top + panelHeight * (1 - (Math.min(mostShare, value) - 0.5) / (mostShare - 0.5))
  const points = series
    .filter(({ atS }) => atS >= scenario.warmUpS)
    .map(({ atS, worst }) => `${round(timeX(scenario, atS))},${round(y(worst))}`)
  const grid = [1, 2, mostShare].map(
    (value) =>
      `<line class="${value === 1 ? 'fair' : 'grid'}" x1="${left}" y1="${round(y(value))}" x2="${width - right}" y2="${round(y(value))}"/><text class="small" x="${left - 8}" y="${round(y(value) + 4)}" text-anchor="end">${value}</text>`,
  )
  const own = isProduct ? ' own' : ''
  return [
    ...grid,
    text(0, top + 30, 'title', name),
    text(0, top + 47, 'small', `p99 ${share.p99.toFixed(2)}, max ${share.max.toFixed(2)}`),
    `<polyline class="line${own}" points="${points.join(' ')}"/>`,
  ].join('')
}

function hours(scenario: Scenario, top: number): string {
  const halves = Array.from({ length: Math.floor(scenario.durationS / 1800) + 1 }, (_, half) => half * 1800)
  const marks = halves.map((atS) => {
    const label = `${Math.floor(atS / 3600)}:${String((atS % 3600) / 60).padStart(2, '0')}`
    return `<text class="small" x="${round(timeX(scenario, atS))}" y="${top + 4}" text-anchor="middle">${label}</text>`
  })
  return marks.join('')
}

/** Fairness by disturbance, each balancer a dot: the nearer to the lower left corner the better. */
function scatter(outcomes: readonly Outcome[], top: number): string {
  const most = Math.max(10, ...outcomes.map(disturbanceOf))
  const decades = Math.ceil(Math.log10(most))
  const worst = Math.ceil(Math.max(...outcomes.map(({ share }) => share.p99)) * 2) / 2
  const x = (count: number) => left + (Math.log10(Math.max(1, count)) / decades) * (plotWidth - 150)
  const y = (share: number) => top + 30 + (scatterHeight - 30) * (1 - (share - 1) / (worst - 1))
  const bottom = top + scatterHeight
  const columns = Array.from({ length: decades + 1 }, (_, decade) => 10 ** decade).map(
    (count) =>
      `<line class="grid" x1="${round(x(count))}" y1="${top + 30}" x2="${round(x(count))}" y2="${bottom}"/><text class="small" x="${round(x(count))}" y="${bottom + 16}" text-anchor="middle">${count === 1 ? '0-1' : count.toLocaleString('en')}</text>`,
  )
  const rows = Array.from({ length: Math.round((worst - 1) * 2) + 1 }, (_, half) => 1 + half / 2).map(
    (share) =>
      `<line class="grid" x1="${left}" y1="${round(y(share))}" x2="${width - right}" y2="${round(y(share))}"/><text class="small" x="${left - 8}" y="${round(y(share) + 4)}" text-anchor="end">${share.toFixed(1)}</text>`,
  )
  const named = outcomes.map((outcome) => ({
    x: x(disturbanceOf(outcome)),
    y: y(outcome.share.p99),
    name: outcome.name,
    own: outcome.isProduct ? ' own' : '',
  }))
  const places = placeLabels(named)
  const dots = named.map((dot, at) => {
    const circle = `<circle class="dot${dot.own}" cx="${round(dot.x)}" cy="${round(dot.y)}" r="${DOT_RADIUS}"/>`
    return `${circle}${text(places[at]!.x, places[at]!.y, 'middle', dot.name)}`
  })
  return [
    text(
      0,
      top + 14,
      'title',
      'Share p99 (upwards) by clients disturbed (to the right: moved without need or while active, broken): lower left is best',
    ),
    ...columns,
    ...rows,
    ...dots,
  ].join('')
}

function text(x: number, y: number, kind: string, content: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}">${escaped}</text>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
