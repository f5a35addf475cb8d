import { RateLimit } from '../../../runtime/actor-system/inspection/rate-limit.ts'
import type { TimelineEntry } from '../messages.ts'
import type { Told } from './words.ts'

/** Entries that are kept. */
export const TIMELINE_KEPT = 1000
/** What comes faster than this is counted only: a group that flaps must not push out what it began with. */
const AT_ONCE = 200
const PER_SECOND = 2
/** An inspector that was restarted is given the last events once more: so many. */
const GIVEN_AGAIN = 300

/** What happened last, oldest first. */
export class Timeline {
  readonly #entries: TimelineEntry[]
  readonly #added: (entry: TimelineEntry) => void
  readonly #limit: RateLimit
  #suppressed = 0

  /** `before`: of earlier times, oldest first. `added`: is told every new entry. */
  constructor(before: readonly TimelineEntry[], added: (entry: TimelineEntry) => void, nowMs: number) {
    this.#entries = before.slice(-TIMELINE_KEPT)
    this.#added = added
    this.#limit = new RateLimit(AT_ONCE, PER_SECOND, nowMs)
  }

  get entries(): readonly TimelineEntry[] {
    return this.#entries
  }

  add(told: Told, nowMs: number): void {
    if (this.#isKnown(told)) return
    if (!this.#limit.take(nowMs)) {
      this.#suppressed += 1
      return
    }
    if (this.#suppressed > 0) {
      const words = `${this.#suppressed} entries are missing here: there were too many at once`
      this.#suppressed = 0
      this.#append({ ...told, kind: 'suppressed', level: 'warning', words, by: null })
    }
    this.#append(told)
  }

  /** At most the `last`; of those that came after the entry of that number. All, where that is none of these: it is of another timeline. */
  since(after: number | undefined, last: number): readonly TimelineEntry[] {
    const newest = this.#entries.at(-1)?.id ?? 0
    const isOurs = after !== undefined && after <= newest
    return this.#entries.filter(({ id }) => !isOurs || id > after).slice(-last)
  }

  #append(told: Told): void {
    const entry = { id: (this.#entries.at(-1)?.id ?? 0) + 1, ...told }
    this.#entries.push(entry)
    if (this.#entries.length > TIMELINE_KEPT) this.#entries.shift()
    this.#added(entry)
  }

  #isKnown({ at, words }: Told): boolean {
    const newest = this.#entries.at(-1)
    if (newest === undefined || at > newest.at) return false
    return this.#entries.slice(-GIVEN_AGAIN).some((entry) => entry.at === at && entry.words === words)
  }
}
