/** The plot: for each balancer the greatest load share minute by minute, and what fairness costs in moves. */
import { column, dot, drawPlot, round, row, text, width } from '../svg.ts'
import { DOT_RADIUS, placeLabels } from './labels.ts'
import type { Outcome } from './metrics.ts'
import { disturbanceOf } from './report.ts'
import { nodeName, type Scenario } from './scenario.ts'

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

const classOf = ({ isProduct }: Outcome): string => (isProduct ? 'proxyha' : 'reference')

/** The plot of all outcomes. */
export function plotOutcomes(outcomes: readonly Outcome[], scenario: Scenario): string {
  const panelsEnd = headHeight + outcomes.length * (panelHeight + panelGap)
  const { clients, connectionsPerS, exponent, seed } = scenario
  const subtitle = `Most loaded node of each minute, load relative to what it can do; 1 = its fair share. ${clients.toLocaleString('en')} clients, Zipf ${exponent}, ${connectionsPerS} connections/s, seed ${seed}.`
  const height = panelsEnd + axisHeight + scatterHeight + axisHeight
  const title = 'Load shares and moves of proxyha and of the references, simulated'
  return drawPlot(title, 'How even the load is, and what that costs', subtitle, height, [
    ...troubles(scenario, panelsEnd - panelGap),
    ...outcomes.map((outcome, at) => panel(outcome, at, scenario)),
    hours(scenario, panelsEnd),
    scatter(outcomes, panelsEnd + axisHeight),
  ])
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
    return [box, text((from + to) / 2, headHeight - 16, 'small', label, 'middle')]
  })
}

function panel(outcome: Outcome, at: number, scenario: Scenario): string {
  const { name, share, series } = outcome
  const top = headHeight + at * (panelHeight + panelGap)
  const y = (value: number) => top + panelHeight * (1 - (Math.min(mostShare, value) - 0.5) / (mostShare - 0.5))
  const points = series
    .filter(({ atS }) => atS >= scenario.warmUpS)
    .map(({ atS, worst }) => `${round(timeX(scenario, atS))},${round(y(worst))}`)
  return [
    ...[1, 2, mostShare].map((value) => row(y(value), left, width - right, `${value}`, value === 1 ? 'mark' : 'grid')),
    text(0, top + 30, 'title', name),
    text(0, top + 47, 'small', `p99 ${share.p99.toFixed(2)}, max ${share.max.toFixed(2)}`),
    `<polyline class="line ${classOf(outcome)}" points="${points.join(' ')}"/>`,
  ].join('')
}

function hours(scenario: Scenario, top: number): string {
  const halves = Array.from({ length: Math.floor(scenario.durationS / 1800) + 1 }, (_, half) => half * 1800)
  const marks = halves.map((atS) => {
    const label = `${Math.floor(atS / 3600)}:${String((atS % 3600) / 60).padStart(2, '0')}`
    return text(timeX(scenario, atS), top + 4, 'small', label, 'middle')
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
  const columns = Array.from({ length: decades + 1 }, (_, decade) => 10 ** decade).map((count) =>
    column(x(count), top + 30, bottom, count === 1 ? '0-1' : count.toLocaleString('en')),
  )
  const rows = Array.from({ length: Math.round((worst - 1) * 2) + 1 }, (_, half) => 1 + half / 2).map((share) =>
    row(y(share), left, width - right, share.toFixed(1)),
  )
  const named = outcomes.map((outcome) => ({
    x: x(disturbanceOf(outcome)),
    y: y(outcome.share.p99),
    name: outcome.name,
    kind: classOf(outcome),
  }))
  const places = placeLabels(named)
  const dots = named.map(({ x, y, name, kind }, at) => {
    const place = places[at]!
    return `${dot(kind, x, y, DOT_RADIUS)}${text(place.x, place.y, '', name, 'middle')}`
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
