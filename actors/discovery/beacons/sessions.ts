import { type BeaconMark, parseAudience } from '../../../runtime/wire/beacon/audience.ts'
import type { BeaconFragment } from '../../../runtime/wire/beacon/beacon.ts'
import type { PartialBody } from '../../../runtime/wire/beacon/reassembly.ts'

/**
 * Is a beacon fresh? By what it says, not by what this node remembers, which has just started itself: nothing is believed that does
 * not name this node's present epoch, and a packet of it that was sent not long ago. Who is not believed is answered, so that it
 * learns what to name.
 */

/** Epochs of a sender that are remembered as over. */
const SUPERSEDED_EPOCHS = 8
/** Senders that are remembered; beyond, the one that was silent longest is forgotten. */
const SENDERS = 128
/** Without a key, a new start is believed after that many intervals of silence of the one before. */
const SILENCE_INTERVALS = 1.5

/** What was heard from a sender since it has proved that it knows of this node. */
export interface Session {
  readonly epoch: string
  /** Of its last packet. */
  readonly sequence: number
  readonly superseded: readonly string[]
  readonly lastMs: number
  /** What it knew of this node when the session began. */
  readonly knewSequence: number
  /** This node's own when the sender was heard last: whoever starts after that has heard a later one. */
  readonly ownSequence: number
  /** That its last beacon is authenticated by; null: by none. */
  readonly key: string | null
  /** Its last beacon was a goodbye: a new start is expected. */
  readonly left: boolean
  /** No whole beacon of it has come yet. */
  readonly isNew: boolean
  readonly partial: PartialBody | null
}

/** This node as beacons name it. */
export interface OwnMark extends BeaconMark {
  readonly address: string
  /** Of the last packet that was sent some beats ago: who names an earlier one says nothing of now. */
  readonly floor: number
}

export type FreshnessVerdict =
  | { readonly fresh: true; readonly session: Session }
  | { readonly fresh: false; readonly reason: FreshnessRefusal }

/** `ahead`: it names a packet of this node that this node has not sent yet. */
export type FreshnessRefusal = 'replay' | 'notForUs' | 'ahead' | 'supersededEpoch' | 'earlyEpoch' | 'brokenFragments'

/**
 * Within an epoch the sequence must rise. Another epoch is a restart, or a virtual machine that was put back: it has to know what this
 * node has sent since the present one was heard last, which no recording does. Without a key, where all of that can be made up, it is
 * believed only when the present one is silent: else one packet would shut out the node that is alive.
 */
export function judgeFreshness(
  session: Session | undefined,
  fragment: BeaconFragment,
  own: OwnMark,
  nowMs: number,
  patience: { readonly intervalMs: number; readonly authenticated: boolean },
): FreshnessVerdict {
  const { epoch, sequence, index } = fragment
  const current = session?.epoch === epoch ? session : undefined
  if (current !== undefined && sequence <= current.sequence) return refusal('replay')
  const heard = { epoch, sequence, lastMs: nowMs, ownSequence: own.sequence, left: false }
  // The first one has said whom they are for.
  if (index > 0) {
    return current?.partial?.nextSequence === sequence
      ? { fresh: true, session: { ...current, ...heard } }
      : refusal('brokenFragments')
  }
  const wasThere = session?.superseded.includes(epoch) === true
  const old = refusal(wasThere ? 'supersededEpoch' : 'notForUs')
  const named = parseAudience(fragment.audience).get(own.address)
  if (named === undefined || named.epoch !== own.epoch) return old
  if (named.sequence > own.sequence) return refusal('ahead')
  if (named.sequence < Math.max(own.floor, current?.knewSequence ?? 0)) return old
  if (current !== undefined) return { fresh: true, session: { ...current, ...heard } }
  if (session !== undefined) {
    // A recording of a start that is over knows at most what the present one knew.
    if (named.sequence < session.ownSequence + (wasThere ? 1 : 0)) return refusal('supersededEpoch')
    const silentMs = nowMs - session.lastMs
    const isEarly = !session.left && silentMs < SILENCE_INTERVALS * patience.intervalMs
    if (isEarly && !patience.authenticated) return refusal('earlyEpoch')
  }
  const others = (session?.superseded ?? []).filter((before) => before !== epoch)
  const superseded = session === undefined ? [] : [session.epoch, ...others].slice(0, SUPERSEDED_EPOCHS)
  return {
    fresh: true,
    session: { ...heard, superseded, knewSequence: named.sequence, key: null, isNew: true, partial: null },
  }
}

const refusal = (reason: FreshnessRefusal): FreshnessVerdict => ({ fresh: false, reason })

/** The sessions with that of one sender renewed. */
export function withSession(
  sessions: ReadonlyMap<string, Session>,
  address: string,
  session: Session,
): ReadonlyMap<string, Session> {
  const renewed = new Map(sessions).set(address, session)
  if (renewed.size > SENDERS) {
    const [silent] = [...renewed].reduce((oldest, entry) => (entry[1].lastMs < oldest[1].lastMs ? entry : oldest))
    renewed.delete(silent)
  }
  return renewed
}
