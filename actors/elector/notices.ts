import type { LogLevel } from '../../runtime/system/machine.ts'

/** Something odd that an operator should know once, not once per packet. */
export interface Notice {
  /** What it is about; a second one with the same key is a repetition. */
  readonly key: string
  readonly level: LogLevel
  readonly text: string
}

interface Remembered extends Notice {
  readonly loggedAtMs: number
  readonly seenAtMs: number
}

/** The notices of the recent past, the oldest first. */
export type Notices = readonly Remembered[]

/** A repetition is logged again only after this time, and a notice that was not repeated for it is over. */
export const NOTICE_LIFE_MS = 60_000
/** Keys contain addresses from the wire: past this number the one unseen for longest is forgotten (and logged anew). */
export const NOTICES_KEPT = 32

/** Remembers a notice. `fresh` says whether it is to be logged now. */
export function remember(
  notices: Notices,
  notice: Notice,
  nowMs: number,
): { readonly notices: Notices; readonly fresh: boolean } {
  const known = notices.find(({ key }) => key === notice.key)
  const fresh = known === undefined || nowMs - known.loggedAtMs >= NOTICE_LIFE_MS
  const loggedAtMs = fresh ? nowMs : known.loggedAtMs
  const others = notices.filter(({ key }) => key !== notice.key)
  return { notices: [...others, { ...notice, loggedAtMs, seenAtMs: nowMs }].slice(-NOTICES_KEPT), fresh }
}

/** The texts of all warnings and errors that still hold. */
export function currentWarnings(notices: Notices, nowMs: number): readonly string[] {
  return notices
    .filter(({ level, seenAtMs }) => (level === 'warn' || level === 'error') && nowMs - seenAtMs < NOTICE_LIFE_MS)
    .map(({ text }) => text)
}
