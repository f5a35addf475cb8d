import { formatIpv4, parseIpv4 } from '../addresses.ts'
import { MAX_GROUP_NODES } from '../group-bounds.ts'

/**
 * Whom a beacon is for, as its sender knows them: proof that it is no recording from before their start. In the first
 * fragment, before the body, for each node 16 bytes:
 *
 *     +---------------------------------------------------------------+
 *   0 |                  management address (IPv4)                    |
 *     +---------------------------------------------------------------+
 *   4 |                                                               |
 *     |                            epoch                              |
 *  12 +---------------------------------------------------------------+
 *     |    the last sequence of that epoch that its sender has heard  |
 *     +---------------------------------------------------------------+
 */
const ENTRY_BYTES = 16
/** Most nodes that one beacon can be for: all of the largest group but its sender. All of them fit into one fragment. */
export const BEACON_MAX_AUDIENCE = MAX_GROUP_NODES - 1
export const BEACON_MAX_AUDIENCE_BYTES = BEACON_MAX_AUDIENCE * ENTRY_BYTES

/** A moment in the life of a node: its start, and the last packet that was heard of it. */
export interface BeaconMark {
  /** 16 hexadecimal digits, lower case. */
  readonly epoch: string
  /** 0..2^32-1. */
  readonly sequence: number
}

/** By management IP. What is beyond 63 is left out. */
export type BeaconAudience = ReadonlyMap<string, BeaconMark>

export function packAudience(audience: BeaconAudience): Uint8Array {
  const entries = [...audience].slice(0, BEACON_MAX_AUDIENCE)
  const bytes = new Uint8Array(entries.length * ENTRY_BYTES)
  const view = new DataView(bytes.buffer)
  for (const [index, [address, { epoch, sequence }]] of entries.entries()) {
    const at = index * ENTRY_BYTES
    view.setUint32(at, parseIpv4(address) ?? 0)
    view.setBigUint64(at + 4, BigInt(`0x${epoch}`))
    view.setUint32(at + 12, sequence)
  }
  return bytes
}

/** Nodes in so many bytes. */
export const audienceCount = (bytes: Uint8Array): number => bytes.length / ENTRY_BYTES
export const audienceBytes = (count: number): number => count * ENTRY_BYTES

/** All whom a beacon is for. The bytes are whole entries. */
export function parseAudience(bytes: Uint8Array): BeaconAudience {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries = Array.from({ length: audienceCount(bytes) }, (_, index) => {
    const at = index * ENTRY_BYTES
    const epoch = view
      .getBigUint64(at + 4)
      .toString(16)
      .padStart(16, '0')
    return [formatIpv4(view.getUint32(at)), { epoch, sequence: view.getUint32(at + 12) }] as const
  })
  return new Map(entries)
}
