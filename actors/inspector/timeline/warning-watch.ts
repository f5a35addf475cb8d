/** Which warnings begin and end, of what is looked at now and then. Pure but for what it remembers. */
import type { Warning } from '../../../runtime/actor-system/inspection/warning.ts'
import { WARNINGS, type WarningCode } from '../../../runtime/actor-system/inspection/warning-codes.ts'
import type { TimelineHappening } from '../messages.ts'

/** What is over sooner is told by nobody: much is not known yet at a start. */
const STANDS_MS = 3000
/** What is not said for so long is over; it may only have been said in other words, or its actor was busy. */
const OVER_MS = 10_000
/** Of those that are remembered; more are not told. */
const REMEMBERED_MAX = 256

/** Happenings of their own tell of these, of the moment and in other words. */
const TOLD_OTHERWISE: ReadonlySet<WarningCode> = new Set<WarningCode>(['node-stale', 'node-failure', 'fault'])
const LEVELS = { failure: 'failure', warning: 'warning', note: 'info' } as const

interface Remembered {
  readonly warning: Warning
  readonly sinceMs: number
  readonly seenMs: number
  readonly told: boolean
}

export class WarningWatch {
  readonly #remembered = new Map<string, Remembered>()

  /** `warnings`: all that hold now. */
  look(warnings: readonly Warning[], nowMs: number): readonly TimelineHappening[] {
    for (const warning of warnings) this.#see(warning, nowMs)
    return [...this.#remembered].flatMap(([key, one]) => {
      if (nowMs - one.seenMs >= OVER_MS) {
        this.#remembered.delete(key)
        return one.told ? [ended(one.warning)] : []
      }
      if (one.told || one.seenMs - one.sinceMs < STANDS_MS) return []
      this.#remembered.set(key, { ...one, told: true })
      return [begun(one.warning)]
    })
  }

  /** Its words may change from look to look. */
  #see(warning: Warning, nowMs: number): void {
    if (TOLD_OTHERWISE.has(warning.code)) return
    const key = `${warning.code} ${warning.about}`
    const known = this.#remembered.get(key)
    if (known === undefined && this.#remembered.size >= REMEMBERED_MAX) return
    this.#remembered.set(key, { ...(known ?? { sinceMs: nowMs, told: false }), warning, seenMs: nowMs })
  }
}

const begun = ({ code, text }: Warning): TimelineHappening => ({
  kind: 'warning',
  level: LEVELS[WARNINGS[code].level],
  what: text,
})

const ended = ({ text }: Warning): TimelineHappening => ({ kind: 'warningEnded', level: 'info', what: `over: ${text}` })
