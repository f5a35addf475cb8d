/** How far what a fault costs reaches in time. Pure. */
import type { LaidFault, RoundSeen, Violation } from '../observations.ts'

/** Until silence is noticed, at the pace of the group and on a busy machine: three beacons, or three adverts, and what follows from it. */
const NOTICED_MS = 8000
/** A status says that the group is settled up to so long before its kernels have what follows. */
const APPLIED_MS = 3000

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

export const meets = (one: Span, other: Span): boolean => one.fromMs <= other.toMs && other.fromMs <= one.toMs

/** When it was healed and noticed; sooner where the group has settled sooner. */
function overMs({ healedMs }: LaidFault, { settledMs }: RoundSeen): number {
  const noticedMs = healedMs + NOTICED_MS
  return settledMs === null ? Number.POSITIVE_INFINITY : Math.min(noticedMs, settledMs + APPLIED_MS)
}

/** From its beginning to when nothing of it can be seen any more. */
export const influenceOf = (fault: LaidFault, round: RoundSeen): Span => ({
  fromMs: fault.appliedMs,
  toMs: overMs(fault, round),
})

/** When new connections may fail by it. */
export function outagesOf(fault: LaidFault, round: RoundSeen): readonly Span[] {
  const { appliedMs, healedMs, costs } = fault
  const toMs = overMs(fault, round)
  switch (costs.keepsOut) {
    case 'nobody':
      return []
    case 'briefly':
      return [
        { fromMs: appliedMs, toMs: Math.min(appliedMs + NOTICED_MS, toMs) },
        { fromMs: healedMs, toMs },
      ]
    case 'throughout':
      return [{ fromMs: appliedMs, toMs }]
    default:
      return costs.keepsOut satisfies never
  }
}

/** The names of the faults that lasted at that time, for the words of a violation. */
export function lastingAt(round: RoundSeen, atMs: number): string {
  const lasting = round.faults.filter((fault) => {
    const { fromMs, toMs } = influenceOf(fault, round)
    return fromMs <= atMs && atMs <= toMs
  })
  return lasting.map(({ planned, host }) => `${planned.name} at ${host}`).join(' and ') || 'no fault'
}

/** At most so many violations of a kind are told of a round: the others are the same. */
const TOLD_MAX = 5

/** The first ones, the last of them with how many more there are. */
export function firstOf(violations: readonly Violation[]): readonly Violation[] {
  const more = violations.length - TOLD_MAX
  return violations
    .slice(0, TOLD_MAX)
    .map((one, index) =>
      more > 0 && index === TOLD_MAX - 1 ? { ...one, seen: `${one.seen}; and ${more} more of the kind` } : one,
    )
}
