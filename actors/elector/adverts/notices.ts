import { type Warning, warning } from '../../../runtime/actor-system/inspection/warning.ts'
import type { WarningCode } from '../../../runtime/actor-system/inspection/warning-codes.ts'
import type { LogLevel } from '../../../runtime/ports/host/syslog.ts'

/** Something odd that an operator should know once, not once per packet. */
export interface Notice {
  /** What it is about; a second one with the same key is a repetition. */
  readonly key: string
  readonly level: LogLevel
  readonly text: string
  /** The warning that it is for as long as it holds; null: it is a line of the log only. */
  readonly code: WarningCode | null
  /** Of that warning. */
  readonly about?: string
  /** How often it is repeated for as long as it holds; without, as often as this node advertises. */
  readonly everyMs?: number
}

interface Remembered extends Notice {
  readonly loggedAtMs: number
  readonly seenAtMs: number
}

/** The notices of the recent past, the oldest first. */
export type Notices = readonly Remembered[]

/** A repetition is logged again only after this time. */
const LOGGED_AGAIN_MS = 60_000
/** A notice that was not repeated for so many times the usual is over, and for no less than this. */
const SILENT_TIMES = 4
const LEAST_LIFE_MS = 10_000
/** Keys contain addresses from the wire: past this number the one unseen for longest is forgotten (and logged anew). */
export const NOTICES_KEPT = 32

/** Remembers a notice. `fresh` says whether it is to be logged now. */
export function remember(
  notices: Notices,
  notice: Notice,
  nowMs: number,
): { readonly notices: Notices; readonly fresh: boolean } {
  const known = notices.find(({ key }) => key === notice.key)
  const fresh = known === undefined || nowMs - known.loggedAtMs >= LOGGED_AGAIN_MS
  const loggedAtMs = fresh ? nowMs : known.loggedAtMs
  const others = notices.filter(({ key }) => key !== notice.key)
  return { notices: [...others, { ...notice, loggedAtMs, seenAtMs: nowMs }].slice(-NOTICES_KEPT), fresh }
}

/** How long what comes every `everyMs` still holds after it was seen last: what was mended is not told for long. */
export const standsForMs = (everyMs: number): number => Math.max(LEAST_LIFE_MS, SILENT_TIMES * everyMs)

/** What was seen since shows that it holds no more. That it was logged is remembered. */
export function over(notices: Notices, key: string): Notices {
  if (!notices.some((notice) => notice.key === key)) return notices
  return notices.map((notice) => (notice.key === key ? { ...notice, seenAtMs: Number.NEGATIVE_INFINITY } : notice))
}

/** All warnings that still hold. `everyMs`: how often this node advertises. */
export function currentWarnings(notices: Notices, nowMs: number, everyMs: number): readonly Warning[] {
  return notices
    .filter((notice) => nowMs - notice.seenAtMs < standsForMs(notice.everyMs ?? everyMs))
    .flatMap(({ code, about = null, text }) => (code === null ? [] : [warning(code, about, text)]))
}
