/** One line of the story: what was done, what happened, or what was measured. */
export interface Moment {
  readonly atMs: number
  readonly kind: 'step' | 'event' | 'figure' | 'passed' | 'failed'
  readonly text: string
}

/** What happened in the lab, in order. Bounded: a lab that stays live for days forgets its oldest moments. */
export class Timeline {
  readonly #startMs: number
  readonly #nowMs: () => number
  readonly #onMoment: (moment: Moment) => void
  #moments: Moment[] = []

  static readonly capacity = 1000

  constructor(nowMs: () => number, onMoment: (moment: Moment) => void = () => {}) {
    this.#nowMs = nowMs
    this.#startMs = nowMs()
    this.#onMoment = onMoment
  }

  add(kind: Moment['kind'], text: string): void {
    const moment = { atMs: this.#nowMs() - this.#startMs, kind, text }
    this.#moments.push(moment)
    if (this.#moments.length > Timeline.capacity) this.#moments.shift()
    this.#onMoment(moment)
  }

  get moments(): readonly Moment[] {
    return this.#moments
  }
}

const marks = { step: '>>', event: '  ', figure: ' =', passed: 'ok', failed: '!!' } as const

/** `   12.34 s  ok text` */
export function formatMoment({ atMs, kind, text }: Moment): string {
  return `${(atMs / 1000).toFixed(2).padStart(8)} s  ${marks[kind]} ${text}`
}

/** `1.23 s` from a second on, `45 ms` below. */
export function formatDuration(durationMs: number): string {
  return durationMs >= 1000 ? `${(durationMs / 1000).toFixed(2)} s` : `${Math.round(durationMs)} ms`
}
