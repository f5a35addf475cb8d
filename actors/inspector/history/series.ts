/** Seconds that are kept. */
export const POINTS = 900

/** What a node had at one moment; NaN: it is not known. */
export interface Sample {
  /** When these figures were of now, on the monotonic clock, in ms. */
  readonly atMs: number
  readonly activeConnections: number
  /** Of 4096. */
  readonly slots: number
  /** Each since its counter began. */
  readonly connections: number
  readonly bytesIn: number
  readonly bytesOut: number
}

/** What only rises. */
export type Counter = 'connections' | 'bytesIn' | 'bytesOut'

/** Where each figure of a second is among the others. */
const FIGURES = ['atMs', 'activeConnections', 'slots', 'connections', 'bytesIn', 'bytesOut'] as const
const WIDTH = FIGURES.length
const PLACES = Object.fromEntries(FIGURES.map((figure, place) => [figure, place])) as Record<keyof Sample, number>

/** So long a figure that has not come anew is taken for one of now. */
const GOOD_FOR_MS = 3500
/** How far back a rate of about that time may look. */
const LOOK_BACK_STEPS = 6

/** Two seconds between which counters have risen. */
interface Span {
  readonly first: number
  readonly last: number
}

/** The samples of one node, a second each, in a ring of fixed size: 43 KB. A step is a second of the monotonic clock. */
export class Series {
  readonly #figures = new Float64Array(POINTS * WIDTH).fill(Number.NaN)

  /** In place of what was there `POINTS` steps before; null: nothing is known of that second. */
  set(step: number, sample: Sample | null): void {
    const begin = (step % POINTS) * WIDTH
    for (const figure of FIGURES) this.#figures[begin + PLACES[figure]] = sample === null ? Number.NaN : sample[figure]
  }

  figure(step: number, figure: keyof Sample): number | null {
    const value = this.#at(step, PLACES[figure])
    return Number.isNaN(value) ? null : value
  }

  /** What a counter rose by in a second, over a span; null where that is not known. */
  rate(span: Span | null, counter: Counter): number | null {
    if (span === null) return null
    const [first, last] = [span.first, span.last]
    const rise = this.#at(last, PLACES[counter]) - this.#at(first, PLACES[counter])
    const rate = (rise / (this.#at(last, AT_MS) - this.#at(first, AT_MS))) * 1000
    return rate >= 0 ? rate : null
  }

  /**
   * About so long before that step, or as long as there are figures, since the counters began at most: by the times at which the figures were of
   * now, half a second more or less, since those of other nodes come a little sooner or later. Null where there are none.
   */
  span(step: number, overMs: number): Span | null {
    const last = this.#newest(step)
    if (last === null) return null
    const lastMs = this.#at(last, AT_MS)
    const farthest = Math.max(0, step - POINTS + 1, last - Math.ceil(overMs / 1000) - LOOK_BACK_STEPS)
    let least = this.#at(last, CONNECTIONS)
    let first: number | null = null
    for (let at = last - 1; at >= farthest; at--) {
      const [connections, atMs] = [this.#at(at, CONNECTIONS), this.#at(at, AT_MS)]
      if (Number.isNaN(connections) || atMs >= lastMs) continue
      // They began anew after that.
      if (connections > least) break
      least = connections
      first = at
      if (atMs <= lastMs - overMs + 500) break
    }
    return first === null ? null : { first, last }
  }

  /** The step of the newest counters that are good for this one. */
  #newest(step: number): number | null {
    for (let at = step; at > step - LOOK_BACK_STEPS && at >= 0; at--) {
      if (Number.isNaN(this.#at(at, CONNECTIONS))) continue
      return step * 1000 - this.#at(at, AT_MS) <= GOOD_FOR_MS ? at : null
    }
    return null
  }

  #at(step: number, place: number): number {
    return this.#figures[(step % POINTS) * WIDTH + place]!
  }
}

const { atMs: AT_MS, connections: CONNECTIONS } = PLACES
