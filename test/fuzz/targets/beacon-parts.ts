import { packAudience } from '../../../runtime/wire/beacon/audience.ts'
import {
  BEACON_MAX_BODY_BYTES,
  BEACON_MAX_BYTES,
  type BeaconFragment,
  openBeacon,
  sealBeacon,
} from '../../../runtime/wire/beacon/beacon.ts'
import { type PartialBody, reassemble } from '../../../runtime/wire/beacon/reassembly.ts'
import { type FuzzTarget, holds } from '../target.ts'
import { VRID } from './beacon-samples.ts'

/** Bytes of one step: which packet comes next, and what is done to it. */
const STEP_BYTES = 2
const PARTS_MOST = 30
const sender = { address: '10.10.74.70', virtualRouterId: VRID, key: null, version: 5 } as const

/** Two beacons in many packets, which come in whatever order, twice or never. */
export const beaconParts: FuzzTarget = {
  name: 'beacon-parts',
  mostBytes: 400,
  seeds: [
    Uint8Array.from([0, 2, 10, 1, 0, 0, 1, 0, 2, 0, 3, 0]),
    Uint8Array.from([255, 255, 200, 60, ...Array.from({ length: 30 }, (_, index) => [index, 0]).flat()]),
  ],
  run(input) {
    const [high = 0, low = 0, otherLength = 0, nodes = 0] = input
    const length = (high * 256 + low) % (BEACON_MAX_BODY_BYTES + 1)
    const entries = Array.from(
      { length: nodes % 64 },
      (_, index) => [`10.0.0.${index}`, { epoch: '00000000000000ab', sequence: index }] as const,
    )
    const envelope = { destination: '255.255.255.255', audience: new Map(entries) }
    const bodies = [Buffer.alloc(length, 'one '), Buffer.alloc(otherLength * 100, 'other ')]
    const fragments = bodies.map((body, index) =>
      sealBeacon('hello', body, index * 100, { ...sender, epoch: `00000000000000a${index}` }, envelope).map(
        (packet) => {
          holds(packet.length <= BEACON_MAX_BYTES, 'a packet has at most 1400 bytes')
          const opened = openBeacon(packet, VRID, [])
          holds(opened.ok, 'a packet that was sealed can be opened')
          return opened.fragment
        },
      ),
    )
    const all = fragments.flat()
    holds(all.length <= 2 * PARTS_MOST, 'a beacon is few packets')
    let partial: PartialBody | null = null
    const kinds = new Set<string>()
    for (let at = 4; at + STEP_BYTES <= input.length; at += STEP_BYTES) {
      const fragment = changed(all[input[at]! % all.length]!, input[at + 1]!)
      const result = reassemble(partial, fragment)
      kinds.add(result.kind)
      partial = result.kind === 'partial' ? result.partial : null
      const held = partial?.parts.reduce((sum, part) => sum + part.length, 0) ?? 0
      holds(held <= BEACON_MAX_BODY_BYTES, 'what waits for its rest is bounded')
      if (result.kind !== 'whole' || input[at + 1]! % 8 !== 0) continue
      holds(
        bodies.some((body) => body.equals(result.body)) || fragment.count === 1,
        'a body that is whole is one that was sent',
      )
      holds(Buffer.from(packAudience(envelope.audience)).equals(result.audience), 'and is for whom it was sent to')
    }
    return [...kinds].toSorted().join(' ')
  },
}

/** Mostly as it was. */
function changed(fragment: BeaconFragment, how: number): BeaconFragment {
  switch (how % 8) {
    case 1:
      return { ...fragment, sequence: fragment.sequence + 1 }
    case 2:
      return { ...fragment, epoch: '0000000000000000' }
    case 3:
      return { ...fragment, type: 'report' }
    case 4:
      return { ...fragment, count: fragment.count + 1 }
    default:
      return fragment
  }
}
