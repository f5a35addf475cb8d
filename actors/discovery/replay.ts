import type { BeaconFragment } from '../../runtime/wire/beacon.ts'
import type { PartialBody } from '../../runtime/wire/beacon-reassembly.ts'

/** Epochs of a sender that are remembered as over. */
const SUPERSEDED_EPOCHS = 8
/** Senders that are remembered; beyond, the one that was silent longest is forgotten. */
const SENDERS = 128

/** What was heard from a sender: its epoch and last sequence, and the epochs before. */
export interface ReplayWindow {
  readonly epoch: string
  readonly sequence: number
  readonly superseded: readonly string[]
  readonly lastMs: number
  /** Its last beacon was a goodbye: a new start is expected. */
  readonly left: boolean
  readonly partial: PartialBody | null
}

export type ReplayVerdict =
  | { readonly fresh: true; readonly window: ReplayWindow }
  | { readonly fresh: false; readonly reason: 'replay' | 'supersededEpoch' | 'earlyEpoch' }

/**
 * Is this packet newer than all we had from its sender? Within an epoch the sequence must rise. A new epoch is a
 * restart, and is believed only when the old one has fallen silent (or said goodbye): else one recorded packet of a
 * forgotten epoch would shut out the node that is alive. What was superseded is never believed again.
 */
export function judgeReplay(
  window: ReplayWindow | undefined,
  fragment: BeaconFragment,
  nowMs: number,
  intervalMs: number,
): ReplayVerdict {
  const { epoch, sequence } = fragment
  const heard = { epoch, sequence, lastMs: nowMs, left: false }
  if (window === undefined) return { fresh: true, window: { ...heard, superseded: [], partial: null } }
  if (window.epoch === epoch) {
    if (sequence <= window.sequence) return { fresh: false, reason: 'replay' }
    return { fresh: true, window: { ...window, ...heard } }
  }
  if (window.superseded.includes(epoch)) return { fresh: false, reason: 'supersededEpoch' }
  if (!window.left && nowMs - window.lastMs < 1.5 * intervalMs) return { fresh: false, reason: 'earlyEpoch' }
  const superseded = [window.epoch, ...window.superseded].slice(0, SUPERSEDED_EPOCHS)
  return { fresh: true, window: { ...heard, superseded, partial: null } }
}

/** The windows with that of one sender renewed. */
export function withWindow(
  windows: ReadonlyMap<string, ReplayWindow>,
  address: string,
  window: ReplayWindow,
): ReadonlyMap<string, ReplayWindow> {
  const renewed = new Map(windows).set(address, window)
  if (renewed.size > SENDERS) {
    const [silent] = [...renewed].reduce((oldest, entry) => (entry[1].lastMs < oldest[1].lastMs ? entry : oldest))
    renewed.delete(silent)
  }
  return renewed
}
