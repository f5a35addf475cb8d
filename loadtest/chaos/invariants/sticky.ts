/** That clients stay where they are. Pure. */
import type { TimelineEntry, TimelineKind } from '../../../actors/inspector/messages.ts'
import type { RoundSeen, Violation } from '../observations.ts'
import type { Move } from '../traffic/report.ts'
import { firstOf, lastingAt } from './influence.ts'

/** What may send clients elsewhere: of the node that they leave, or of the one that they come to. */
const MOVING: ReadonlySet<TimelineKind> = new Set<TimelineKind>([
  'started',
  'stopped',
  'fault',
  'nodeFailed',
  'nodeReturned',
  'nodeMissing',
  'nodeLeft',
  'nodeJoined',
  'drain',
  'undrain',
  'maint',
  'forget',
  // Of its capacity, for one.
  'reload',
])
/** A new director decides for all. */
const DECIDING: ReadonlySet<TimelineKind> = new Set<TimelineKind>(['director', 'backup', 'failover'])
/** A client comes every two seconds; what was told longer ago has moved it long since. */
const REASON_MS = 30_000
/** A gateway tells of what it has done, and entries have the clock of the moment when they are told. */
const TOLD_LATE_MS = 5000

/** A client's new connections go to one node, unless the timeline of the group says what moved it. */
export function clientsStay(round: RoundSeen): readonly Violation[] {
  return firstOf(
    round.moves
      .filter((move) => !round.timeline.some((entry) => isReason(entry, move)))
      .map(({ client, from, to, atMs }) => ({
        invariant: 'sticky clients',
        expected: `${client} stays at ${from}: the timeline has no reason to move it (${lastingAt(round, atMs)})`,
        seen: `${to} answers it`,
        atMs,
      })),
  )
}

function isReason({ kind, at, node }: TimelineEntry, { from, to, wallMs }: Move): boolean {
  const agoMs = wallMs - Date.parse(at)
  if (agoMs > REASON_MS || agoMs < -TOLD_LATE_MS) return false
  return DECIDING.has(kind) || (MOVING.has(kind) && (node === from || node === to))
}

/** At rest a client is where the director says that it goes. */
export function whichIsTrue({ whereabouts, endedMs }: RoundSeen): readonly Violation[] {
  return firstOf(
    whereabouts
      .filter(({ told, answered }) => told !== answered)
      .map(({ client, told, reason, answered }) => ({
        invariant: 'which',
        expected: `${client} goes to ${told} (${reason}), as the director says`,
        seen: `${answered} answers it`,
        atMs: endedMs,
      })),
  )
}
