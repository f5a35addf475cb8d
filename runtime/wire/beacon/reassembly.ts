import type { BeaconFragment, BeaconType } from './beacon.ts'

/** A body of which not all fragments are there yet. One per sender: at most BEACON_MAX_BODY_BYTES. */
export interface PartialBody {
  readonly type: BeaconType
  readonly epoch: string
  readonly count: number
  /** Of the first fragment. */
  readonly audience: Uint8Array
  readonly parts: readonly Uint8Array[]
  /** The sequence of the fragment that must come next. */
  readonly nextSequence: number
}

export type Reassembled =
  | { readonly kind: 'whole'; readonly body: Uint8Array; readonly audience: Uint8Array }
  | { readonly kind: 'partial'; readonly partial: PartialBody }
  /** A fragment before this one is missing: the body is given up, its sender will repeat it. */
  | { readonly kind: 'broken' }

/** Adds a sender's next fragment to what there is of its body. Fragments come in order or not at all. */
export function reassemble(partial: PartialBody | null, fragment: BeaconFragment): Reassembled {
  const { type, epoch, count, sequence, index } = fragment
  if (count === 1) return { kind: 'whole', body: fragment.body, audience: fragment.audience }
  const before = index === 0 ? { parts: [], audience: fragment.audience } : bodyBefore(partial, fragment)
  if (before === undefined) return { kind: 'broken' }
  const { audience } = before
  const parts = [...before.parts, fragment.body]
  if (parts.length === count) return { kind: 'whole', body: Buffer.concat(parts), audience }
  return { kind: 'partial', partial: { type, epoch, count, audience, parts, nextSequence: sequence + 1 } }
}

function bodyBefore(partial: PartialBody | null, fragment: BeaconFragment): PartialBody | undefined {
  if (partial === null || partial.parts.length !== fragment.index) return undefined
  const { type, epoch, count, nextSequence } = partial
  const continues =
    type === fragment.type && epoch === fragment.epoch && count === fragment.count && nextSequence === fragment.sequence
  return continues ? partial : undefined
}
