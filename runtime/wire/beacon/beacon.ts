import { createHmac, timingSafeEqual } from 'node:crypto'
import { formatIpv4, parseIpv4 } from '../addresses.ts'
import {
  audienceBytes,
  audienceCount,
  BEACON_MAX_AUDIENCE,
  BEACON_MAX_AUDIENCE_BYTES,
  type BeaconAudience,
  packAudience,
} from './audience.ts'
import { BEACON_VERSIONS, type BeaconVersions } from './versions.ts'

/**
 * The beacon: the payload of IP protocol 253 (RFC 3692 experimental), by which director and nodes find each other.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+---------------+---------------+
 *   0 |      'P'      |      'H'      |    version    |     type      |
 *     +---------------+---------------+---------------+---------------+
 *   4 |     VRID      |     flags     |fragment index |fragment count |
 *     +---------------+---------------+---------------+---------------+
 *   8 |            management address of the sender (IPv4)            |
 *     +---------------------------------------------------------------+
 *  12 | destination: a node's management address, or 255.255.255.255  |
 *     +---------------------------------------------------------------+
 *  16 |                                                               |
 *     |              epoch: 64 bits, random at each start             |
 *  24 +---------------------------------------------------------------+
 *     |       sequence: rises with each packet of the epoch           |
 *     +---------------+-----------------------------------------------+
 *  28 | whom it is for|                 not used, 0                   |
 *     +---------------+-----------------------------------------------+
 *  32 |       whom it is for (beacon-audience.ts), that many; then    |
 *     ~       the body (msgpack), or the part that is this fragment   ~
 *     +---------------------------------------------------------------+
 *     |       HMAC-SHA-256 over all of the above: 32 bytes,           |
 *     ~       there if and only if bit 0 of the flags is set          ~
 *     +---------------------------------------------------------------+
 *
 * A body that does not fit is cut; its fragments have consecutive sequences and are sent in order. The first one says whom all
 * of them are for.
 */
const HEADER_BYTES = 32
const HMAC_BYTES = 32
const FLAG_AUTHENTICATED = 1

/** Longest beacon: with the IP header it stays below any Ethernet MTU, tunnels included. */
export const BEACON_MAX_BYTES = 1400
const FRAGMENT_MAX_BYTES = BEACON_MAX_BYTES - HEADER_BYTES - HMAC_BYTES
/** Most fragments of one body. A hello about 64 nodes with the longest names and settings fits. */
export const BEACON_MAX_FRAGMENTS = 26
export const BEACON_MAX_BODY_BYTES = FRAGMENT_MAX_BYTES * BEACON_MAX_FRAGMENTS - BEACON_MAX_AUDIENCE_BYTES
/** IP protocol number of the beacons, for experiments (RFC 3692). */
export const BEACON_PROTOCOL = 253
/** The destination of what is for all. */
export const BEACON_BROADCAST = '255.255.255.255'

/** A node that does not know a type counts it, and believes the others. */
const TYPES = ['hello', 'report', 'assignment', 'clients', 'order', 'forget', 'holders'] as const
export type BeaconType = (typeof TYPES)[number]

/** What every beacon of a sender has in common. */
export interface BeaconSender {
  /** Management IP. */
  readonly address: string
  readonly virtualRouterId: number
  /** 16 hexadecimal digits, lower case. */
  readonly epoch: string
  /** Null: not authenticated. */
  readonly key: string | null
  /** Of the beacon. */
  readonly version: number
}

/** Where a beacon goes, and whom it is for. */
export interface BeaconEnvelope {
  /** A management IP, or `BEACON_BROADCAST`. */
  readonly destination: string
  readonly audience: BeaconAudience
}

export interface BeaconFragment {
  readonly type: BeaconType
  readonly address: string
  readonly destination: string
  readonly epoch: string
  readonly sequence: number
  /** 0..count-1 */
  readonly index: number
  /** 1..24 */
  readonly count: number
  /** Whom the beacon is for (`parseAudience`): of the first fragment; of the others empty. */
  readonly audience: Uint8Array
  /** In a buffer of its own. */
  readonly body: Uint8Array
}

/**
 * Why a packet is not taken for a beacon: `unauthenticated` has no HMAC although a key is set here, `unexpectedHmac` has
 * one although none is.
 */
type BeaconRefusal =
  | 'truncated'
  | 'oversize'
  | 'notABeacon'
  | 'unknownVersion'
  | 'otherVirtualRouter'
  | 'unauthenticated'
  | 'unexpectedHmac'
  | 'wrongHmac'
  | 'unknownType'
  | 'malformedHeader'

export type OpenedBeacon =
  /** `key`: the one that its HMAC is by; null where there is none. */
  | { readonly ok: true; readonly fragment: BeaconFragment; readonly key: string | null }
  | { readonly ok: false; readonly reason: BeaconRefusal }

/**
 * The packets of one beacon, the first with that sequence, each next one with one more. Throws RangeError for a body of
 * more than BEACON_MAX_BODY_BYTES, which no valid body reaches.
 */
export function sealBeacon(
  type: BeaconType,
  body: Uint8Array,
  sequence: number,
  sender: BeaconSender,
  { destination, audience }: BeaconEnvelope,
): Uint8Array[] {
  if (body.length > BEACON_MAX_BODY_BYTES) throw new RangeError(`A beacon body of ${body.length} bytes is too long.`)
  const entries = packAudience(audience)
  const whole = Buffer.concat([entries, body])
  const count = Math.max(1, Math.ceil(whole.length / FRAGMENT_MAX_BYTES))
  return Array.from({ length: count }, (_, index) => {
    const part = whole.subarray(index * FRAGMENT_MAX_BYTES, (index + 1) * FRAGMENT_MAX_BYTES)
    const signed = new Uint8Array(HEADER_BYTES + part.length)
    const view = new DataView(signed.buffer)
    signed[0] = 0x50
    signed[1] = 0x48
    signed[2] = sender.version
    signed[3] = TYPES.indexOf(type) + 1
    signed[4] = sender.virtualRouterId
    signed[5] = sender.key === null ? 0 : FLAG_AUTHENTICATED
    signed[6] = index
    signed[7] = count
    view.setUint32(8, parseIpv4(sender.address) ?? 0)
    view.setUint32(12, parseIpv4(destination) ?? 0)
    view.setBigUint64(16, BigInt(`0x${sender.epoch}`))
    view.setUint32(24, sequence + index)
    signed[28] = index === 0 ? audienceCount(entries) : 0
    signed.set(part, HEADER_BYTES)
    return sender.key === null ? signed : Buffer.concat([signed, hmac(signed, sender.key)])
  })
}

/**
 * Checks one packet and takes it apart. The other virtual router is told before the HMAC, since another group on the subnet
 * has another key; nothing else is believed before the HMAC is right, by any of the keys. No keys: it must have no HMAC.
 */
export function openBeacon(
  packet: Uint8Array,
  virtualRouterId: number,
  keys: readonly string[],
  versions = BEACON_VERSIONS,
): OpenedBeacon {
  if (packet.length > BEACON_MAX_BYTES) return refusal('oversize')
  if (packet.length < HEADER_BYTES) return refusal('truncated')
  if (packet[0] !== 0x50 || packet[1] !== 0x48) return refusal('notABeacon')
  if (!isRead(packet[2]!, versions)) return refusal('unknownVersion')
  if (packet[4] !== virtualRouterId) return refusal('otherVirtualRouter')
  const authenticated = packet[5] === FLAG_AUTHENTICATED
  if (!authenticated && keys.length > 0) return refusal('unauthenticated')
  if (authenticated && keys.length === 0) return refusal('unexpectedHmac')
  const end = packet.length - (authenticated ? HMAC_BYTES : 0)
  if (end < HEADER_BYTES) return refusal('truncated')
  const key = keys.find((one) => hasRightHmac(packet, one)) ?? null
  if (key === null && keys.length > 0) return refusal('wrongHmac')
  return openHeader(packet, end, key)
}

const isRead = (version: number, { oldest, newest }: BeaconVersions) => version >= oldest && version <= newest

/** The VRID that a beacon is of, whichever that is; undefined for what is too short. */
export const virtualRouterIdOf = (packet: Uint8Array): number | undefined => packet[4]

/** What the header of a beacon says, of whichever router. Nothing is believed by it. */
export interface BeaconGlance extends Pick<BeaconFragment, 'address' | 'epoch' | 'sequence'> {
  readonly virtualRouterId: number
  readonly authenticated: boolean
}

/** A cheap look at the header; undefined where it is none of a beacon of this version. */
export function glanceAtBeacon(packet: Uint8Array): BeaconGlance | undefined {
  const isLong = packet.length >= HEADER_BYTES && packet.length <= BEACON_MAX_BYTES
  if (!isLong || packet[0] !== 0x50 || packet[1] !== 0x48 || !isRead(packet[2]!, BEACON_VERSIONS)) return undefined
  const { address, epoch, sequence } = senderAt(packet)
  return { virtualRouterId: packet[4]!, authenticated: packet[5] === FLAG_AUTHENTICATED, address, epoch, sequence }
}

/** Of a packet of which the header is known to be there. */
export function hasRightHmac(packet: Uint8Array, key: string): boolean {
  const end = packet.length - HMAC_BYTES
  return end >= HEADER_BYTES && timingSafeEqual(hmac(packet.subarray(0, end), key), packet.subarray(end))
}

function senderAt(packet: Uint8Array): Pick<BeaconFragment, 'address' | 'destination' | 'epoch' | 'sequence'> {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  return {
    address: formatIpv4(view.getUint32(8)),
    destination: formatIpv4(view.getUint32(12)),
    epoch: view.getBigUint64(16).toString(16).padStart(16, '0'),
    sequence: view.getUint32(24),
  }
}

function openHeader(packet: Uint8Array, end: number, key: string | null): OpenedBeacon {
  const type = TYPES[packet[3]! - 1]
  if (type === undefined) return refusal('unknownType')
  const index = packet[6]!
  const count = packet[7]!
  const flagsKnown = (packet[5]! & ~FLAG_AUTHENTICATED) === 0
  const bodyAt = HEADER_BYTES + audienceBytes(packet[28]!)
  if (!flagsKnown || count < 1 || count > BEACON_MAX_FRAGMENTS || index >= count) return refusal('malformedHeader')
  if (packet[28]! > BEACON_MAX_AUDIENCE || bodyAt > end || (index > 0 && packet[28] !== 0)) {
    return refusal('malformedHeader')
  }
  if (end - HEADER_BYTES > FRAGMENT_MAX_BYTES) return refusal('oversize')
  const fragment: BeaconFragment = {
    type,
    ...senderAt(packet),
    index,
    count,
    audience: packet.slice(HEADER_BYTES, bodyAt),
    body: packet.slice(bodyAt, end),
  }
  return { ok: true, fragment, key }
}

const hmac = (bytes: Uint8Array, key: string) => createHmac('sha256', key).update(bytes).digest()
const refusal = (reason: BeaconRefusal): OpenedBeacon => ({ ok: false, reason })
