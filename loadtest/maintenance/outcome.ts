import type { Mode } from '../group/network.ts'
import type { Failure, FailureKind, Tally } from '../group/new-connections.ts'
import type { Cut } from './kept-connections.ts'
import type { MaintenanceEvent } from './plan.ts'

/** Within which a client is told that its connection has ended. */
const toldWithinMs = 1000
/** A generator that opens fewer than this part of what it should has not tested what it was to test. */
export const paceMin = 0.95

/** What clients saw of an event, from its beginning to the next one's. */
export interface Outcome {
  readonly title: string
  readonly opened: number
  /** Part of what the pace asks for. */
  readonly pace: number
  /** New connections that were not answered, by the way in which they failed. */
  readonly failed: Readonly<Partial<Record<FailureKind, number>>>
  /** Established by a second SYN or a later one. */
  readonly waited: number
  /** Answered by the node that is empty. */
  readonly strayed: number
  readonly slowestMs: number
  readonly downloadsCut: number
  readonly idleCut: number
  /** Kept and new connections that end with what the event ends: the proxy that they end on, in workers mode the virtual IP. */
  readonly endedWithIt: number
  /** Of all kept connections that ended: told later than within a second. */
  readonly toldLate: number
  /** Why the event did not come about; null where it did. */
  readonly obstacle: string | null
}

/** An event as it went. */
export interface Course {
  readonly mode: Mode
  readonly event: MaintenanceEvent
  /** By CLOCK_MONOTONIC, as all times of it. */
  readonly beganMs: number
  readonly tally: Tally
  /** Of kept connections, in its time. */
  readonly cuts: readonly Cut[]
  readonly obstacle: string | null
}

/** What an event came to. */
export function outcomeOf({ mode, event, tally, cuts, obstacle }: Course): Outcome {
  const ends = ({ node }: Cut) => (mode === 'workers' && event.movesVip) || node === event.endsProxyOf
  const ended = cuts.filter(ends)
  const cut = cuts.filter((one) => !ends(one))
  const endedWithIt = tally.failures.filter((failure) => isEnded(failure, ended))
  const failed: Partial<Record<FailureKind, number>> = {}
  for (const failure of tally.failures) {
    if (!endedWithIt.includes(failure)) failed[failure.kind] = (failed[failure.kind] ?? 0) + 1
  }
  return {
    title: event.title,
    opened: tally.opened,
    pace: tally.expected === 0 ? 1 : tally.opened / tally.expected,
    failed,
    waited: tally.waited,
    strayed: tally.strayed,
    slowestMs: tally.slowestMs,
    downloadsCut: cut.filter(({ kind }) => kind === 'download').length,
    idleCut: cut.filter(({ kind }) => kind === 'idle').length,
    endedWithIt: ended.length + endedWithIt.length,
    toldLate: cuts.filter(({ aliveMs, toldMs }) => toldMs - aliveMs > toldWithinMs).length,
    obstacle,
  }
}

/**
 * A new connection that was established while others of its kind ended, and was told as they were. One that began when all of them had
 * been told, or was refused, met what came after.
 */
function isEnded({ kind, beganMs, endedMs }: Failure, ended: readonly Cut[]): boolean {
  const established = kind === 'reset' || kind === 'closed'
  return established && endedMs - beganMs <= toldWithinMs && ended.some(({ toldMs }) => beganMs <= toldMs)
}

export const countOf = (failed: Outcome['failed']): number =>
  Object.values(failed).reduce((sum, count) => sum + count, 0)

/** Whether maintenance went unnoticed. */
export const isAsWanted = (outcome: Outcome): boolean =>
  countOf(outcome.failed) === 0 &&
  outcome.waited === 0 &&
  outcome.strayed === 0 &&
  outcome.downloadsCut === 0 &&
  outcome.idleCut === 0 &&
  outcome.toldLate === 0 &&
  outcome.obstacle === null

/** The event in whose time a connection ended: when it was told, or for one that was not, when it was last alive. */
export function eventOf({ aliveMs, toldMs }: Cut, beginningsMs: readonly number[]): number {
  const endedMs = toldMs - aliveMs > toldWithinMs ? aliveMs : toldMs
  return Math.max(
    0,
    beginningsMs.findLastIndex((beganMs) => beganMs <= endedMs),
  )
}
