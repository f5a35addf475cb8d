import type { BeaconFragment, BeaconType } from './beacon.ts'

/** A body of which not all fragments are there yet. One per sender: at most BEACON_MAX_BODY_BYTES. */
export interface PartialBody {
  readonly type: BeaconType
  readonly epoch: string
  readonly count: number
  readonly parts: readonly Uint8Array[]
  /** The sequence of the fragment that must come next. */
  readonly nextSequence: number
}

export type Reassembled =
  | { readonly kind: 'whole'; readonly body: Uint8Array }
  | { readonly kind: 'partial'; readonly partial: PartialBody }
  /** A fragment before this one is missing: the body is given up, its sender will repeat it. */
  | { readonly kind: 'broken' }

/** Adds a sender's next fragment to what there is of its body. Fragments come in order or not at all. */
export function reassemble(partial: PartialBody | null, fragment: BeaconFragment): Reassembled {
  if (fragment.count === 1) return { kind: 'whole', body: fragment.body }
  const parts = fragment.index === 0 ? [] : partsBefore(partial, fragment)
  if (parts === undefined) return { kind: 'broken' }
  const grown = [...parts, fragment.body]
  if (grown.length === fragment.count) return { kind: 'whole', body: Buffer.concat(grown) }
  const { type, epoch, count, sequence } = fragment
  return { kind: 'partial', partial: { type, epoch, count, parts: grown, nextSequence: sequence + 1 } }
}

function partsBefore(partial: PartialBody | null, fragment: BeaconFragment): readonly Uint8Array[] | undefined {
  if (partial === null || partial.parts.length !== fragment.index) return undefined
  const { type, epoch, count, nextSequence, parts } = partial
  const continues =
    type === fragment.type && epoch === fragment.epoch && count === fragment.count && nextSequence === fragment.sequence
  return continues ? parts : undefined
}
