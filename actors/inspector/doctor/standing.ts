import type { Finding } from '../messages.ts'

/** Findings whose beginning is remembered. Beyond, a further one begins whenever it is asked for. */
export const STANDING_MAX = 256

/** Since when each finding holds. What is not found any more is forgotten at once. */
export class Standing {
  #sinceMs = new Map<string, number>()

  /** The same findings, with their beginning where no rule has known better. `wallMs`: now, by the calendar. */
  note(found: readonly Finding[], wallMs: number): readonly Finding[] {
    const sinceMs = new Map<string, number>()
    const dated = found.map((finding) => {
      const name = `${finding.code} ${finding.about}`
      const beganMs = this.#sinceMs.get(name) ?? wallMs
      if (sinceMs.size < STANDING_MAX) sinceMs.set(name, beganMs)
      return { ...finding, since: finding.since ?? isoOf(beganMs) }
    })
    this.#sinceMs = sinceMs
    return dated
  }
}

/** To the second. */
export const isoOf = (wallMs: number): string => `${new Date(wallMs).toISOString().slice(0, 19)}Z`
