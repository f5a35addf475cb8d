import type { NodeFigures } from '../../discovery/messages.ts'
import type { NodeHistory, TrafficHistory, TrafficRates } from '../messages.ts'
import { type Counter, POINTS, type Sample, Series } from './series.ts'

export const STEP_MS = 1000
/** As many as a group has, and as many that were there within these minutes. */
const NODES_MAX = 128
/** A point is the mean of about so long: figures of other nodes come a little sooner or later than once a second. */
const POINT_OVER_MS = 2000

/** A timer may expire so much before its second. */
const EARLY_MS = 100
/** The calendar of the points is left alone, unless it has been set. */
const WALL_STEP_MS = 1500

interface Kept {
  name: string
  lastStep: number
  readonly series: Series
}

/**
 * The last 15 minutes of every node, a point a second, as this node has heard of them: whether it leads or not, so that a failover leaves no
 * gap. Pure; `nowMs` is monotonic.
 */
export class History {
  readonly #epoch: string
  readonly #nodes = new Map<string, Kept>()
  #newest: number | null = null
  #points = 0
  /** By the calendar, of step 0. */
  #originMs = 0

  /** `epoch`: of this start, since nothing of it outlives the process. */
  constructor(epoch: string) {
    this.#epoch = epoch
  }

  /** What is known now. A second that was left out has no figures; a second point of one second takes the place of the first. */
  note(figures: readonly NodeFigures[], nowMs: number, wallMs: number): void {
    const step = Math.floor((nowMs + EARLY_MS) / STEP_MS)
    const before = this.#newest ?? step - 1
    if (step < before) return
    const originMs = wallMs - step * STEP_MS
    if (Math.abs(originMs - this.#originMs) > WALL_STEP_MS) this.#originMs = Math.round(originMs / STEP_MS) * STEP_MS
    for (const { series } of this.#nodes.values())
      for (let empty = Math.max(before + 1, step - POINTS + 1); empty <= step; empty++) series.set(empty, null)
    this.#points = Math.min(POINTS, this.#points + step - before)
    this.#newest = step
    for (const each of figures) this.#noteNode(each, step, nowMs)
    this.#leaveOut(step)
  }

  #noteNode({ address, name, ageMs, activeConnections, slots, traffic }: NodeFigures, step: number, nowMs: number) {
    const kept = this.#nodes.get(address) ?? { name, lastStep: step, series: new Series() }
    const { connections, bytesIn, bytesOut } = traffic ?? UNCOUNTED
    const sample: Sample = { atMs: nowMs - ageMs, activeConnections, slots, connections, bytesIn, bytesOut }
    kept.name = name
    kept.lastStep = step
    kept.series.set(step, sample)
    this.#nodes.set(address, kept)
  }

  /** Those of whom nothing is left; of more than there is room for, those that were heard of longest ago. */
  #leaveOut(step: number): void {
    for (const [address, { lastStep }] of this.#nodes) if (lastStep <= step - POINTS) this.#nodes.delete(address)
    const byAge = [...this.#nodes].sort(([, one], [, other]) => one.lastStep - other.lastStep)
    for (const [address] of byAge.slice(0, Math.max(0, byAge.length - NODES_MAX))) this.#nodes.delete(address)
  }

  /** Of a node by now. */
  rates(address: string): TrafficRates {
    const [series, step] = [this.#nodes.get(address)?.series, this.#newest]
    if (series === undefined || step === null) return NO_RATES
    const spans = [1, 10, 60].map((seconds) => series.span(step, seconds * 1000))
    const [s1, s10, s60] = spans.map((span) => series.rate(span, 'connections'))
    const [bytesInPerS, bytesOutPerS] = (['bytesIn', 'bytesOut'] as const).map((bytes) =>
      rounded(series.rate(spans[1] ?? null, bytes), 0),
    )
    const known = s1 != null && s10 != null && s60 != null
    const connectionsPerS = known ? { s1: rounded(s1, 1), s10: rounded(s10, 1), s60: rounded(s60, 1) } : null
    return { connectionsPerS, bytesInPerS: bytesInPerS ?? null, bytesOutPerS: bytesOutPerS ?? null }
  }

  /** `afterMs`: only points that are later, by the calendar. */
  answer(afterMs = Number.NEGATIVE_INFINITY): TrafficHistory {
    const newest = this.#newest ?? 0
    const wallOf = (step: number) => this.#originMs + step * STEP_MS
    const steps = Array.from({ length: this.#points }, (_, index) => newest - this.#points + 1 + index)
    const wanted = steps.filter((step) => wallOf(step) > afterMs)
    const nodes = [...this.#nodes].map(([address, { name, series }]): NodeHistory => {
      // A second of which nothing was heard is a gap, although the rate before it is known.
      const isHeard = (step: number) => series.figure(step, 'atMs') !== null
      const spans = wanted.map((step) => (isHeard(step) ? series.span(step, POINT_OVER_MS) : null))
      const perS = (counter: Counter, digits: number) =>
        spans.map((span) => rounded(series.rate(span, counter), digits))
      return {
        address,
        name,
        activeConnections: wanted.map((step) => series.figure(step, 'activeConnections')),
        connectionsPerS: perS('connections', 1),
        bytesInPerS: perS('bytesIn', 0),
        bytesOutPerS: perS('bytesOut', 0),
        slots: wanted.map((step) => series.figure(step, 'slots')),
      }
    })
    const from = new Date(wallOf(wanted[0] ?? newest)).toISOString()
    return { epoch: this.#epoch, stepMs: STEP_MS, from, points: wanted.length, nodes }
  }
}

const UNCOUNTED = { connections: Number.NaN, bytesIn: Number.NaN, bytesOut: Number.NaN }
export const NO_RATES: TrafficRates = { connectionsPerS: null, bytesInPerS: null, bytesOutPerS: null }

function rounded(rate: number, digits: number): number
function rounded(rate: number | null, digits: number): number | null
function rounded(rate: number | null, digits: number): number | null {
  return rate === null ? null : Math.round(rate * 10 ** digits) / 10 ** digits
}
