import { createHmac, timingSafeEqual } from 'node:crypto'
import { formatIpv4, parseIpv4 } from './addresses.ts'

/**
 * The beacon: the payload of IP protocol 253 (RFC 3692 experimental), by which director and nodes find each other.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+---------------+---------------+
 *   0 |      'P'      |      'H'      |   version 3   |     type      |
 *     +---------------+---------------+---------------+---------------+
 *   4 |     VRID      |     flags     |fragment index |fragment count |
 *     +---------------+---------------+---------------+---------------+
 *   8 |            management address of the sender (IPv4)            |
 *     +---------------------------------------------------------------+
 *  12 |                                                               |
 *     |              epoch: 64 bits, random at each start             |
 *  20 +---------------------------------------------------------------+
 *     |       sequence: rises with each packet of the epoch           |
 *     +---------------------------------------------------------------+
 *  24 |       body (msgpack), or the part of it that is this fragment |
 *     ~                                                               ~
 *     +---------------------------------------------------------------+
 *     |       HMAC-SHA-256 over all of the above: 32 bytes,           |
 *     ~       there if and only if bit 0 of the flags is set          ~
 *     +---------------------------------------------------------------+
 *
 * A body that does not fit is cut; its fragments have consecutive sequences and are sent in order.
 */
const VERSION = 3
const HEADER_BYTES = 24
const HMAC_BYTES = 32
const FLAG_AUTHENTICATED = 1

/** Longest beacon: with the IP header it stays below any Ethernet MTU, tunnels included. */
export const BEACON_MAX_BYTES = 1400
const FRAGMENT_MAX_BYTES = BEACON_MAX_BYTES - HEADER_BYTES - HMAC_BYTES
/** Most fragments of one body. A hello about 64 nodes with the longest names and settings fits. */
export const BEACON_MAX_FRAGMENTS = 24
export const BEACON_MAX_BODY_BYTES = FRAGMENT_MAX_BYTES * BEACON_MAX_FRAGMENTS

const TYPES = ['hello', 'report', 'assignment', 'clients', 'order'] as const
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
}

export interface BeaconFragment {
  readonly type: BeaconType
  readonly address: string
  readonly epoch: string
  readonly sequence: number
  /** 0..count-1 */
  readonly index: number
  /** 1..24 */
  readonly count: number
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
  | { readonly ok: true; readonly fragment: BeaconFragment }
  | { readonly ok: false; readonly reason: BeaconRefusal }

/**
 * The packets of one beacon, the first with that sequence, each next one with one more. Throws RangeError for a body of
 * more than BEACON_MAX_BODY_BYTES, which no valid body reaches.
 */
export function sealBeacon(type: BeaconType, body: Uint8Array, sequence: number, sender: BeaconSender): Uint8Array[] {
  const count = Math.max(1, Math.ceil(body.length / FRAGMENT_MAX_BYTES))
  if (count > BEACON_MAX_FRAGMENTS) throw new RangeError(`A beacon body of ${body.length} bytes is too long.`)
  return Array.from({ length: count }, (_, index) => {
    const part = body.subarray(index * FRAGMENT_MAX_BYTES, (index + 1) * FRAGMENT_MAX_BYTES)
    const signed = new Uint8Array(HEADER_BYTES + part.length)
    const view = new DataView(signed.buffer)
    signed[0] = 0x50
    signed[1] = 0x48
    signed[2] = VERSION
    signed[3] = TYPES.indexOf(type) + 1
    signed[4] = sender.virtualRouterId
    signed[5] = sender.key === null ? 0 : FLAG_AUTHENTICATED
    signed[6] = index
    signed[7] = count
    view.setUint32(8, parseIpv4(sender.address) ?? 0)
    view.setBigUint64(12, BigInt(`0x${sender.epoch}`))
    view.setUint32(20, sequence + index)
    signed.set(part, HEADER_BYTES)
    return sender.key === null ? signed : Buffer.concat([signed, hmac(signed, sender.key)])
  })
}

/**
 * Checks one packet and takes it apart. The other virtual router is told before the HMAC, since another group on the subnet
 * has another key; nothing else is believed before the HMAC is right.
 */
export function openBeacon(packet: Uint8Array, virtualRouterId: number, key: string | null): OpenedBeacon {
  if (packet.length > BEACON_MAX_BYTES) return refusal('oversize')
  if (packet.length < HEADER_BYTES) return refusal('truncated')
  if (packet[0] !== 0x50 || packet[1] !== 0x48) return refusal('notABeacon')
  if (packet[2] !== VERSION) return refusal('unknownVersion')
  if (packet[4] !== virtualRouterId) return refusal('otherVirtualRouter')
  const authenticated = packet[5] === FLAG_AUTHENTICATED
  if (!authenticated && key !== null) return refusal('unauthenticated')
  if (authenticated && key === null) return refusal('unexpectedHmac')
  const end = packet.length - (authenticated ? HMAC_BYTES : 0)
  if (end < HEADER_BYTES) return refusal('truncated')
  if (key !== null && !timingSafeEqual(hmac(packet.subarray(0, end), key), packet.subarray(end))) {
    return refusal('wrongHmac')
  }
  return openHeader(packet, end)
}

/** The VRID that a beacon is of, whichever that is; undefined for what is too short. */
export const virtualRouterIdOf = (packet: Uint8Array): number | undefined => packet[4]

/** Whether the header could be that of a beacon, of whichever router: cheap, and nothing is believed by it. */
export function looksLikeBeacon(packet: Uint8Array): boolean {
  const isLong = packet.length >= HEADER_BYTES && packet.length <= BEACON_MAX_BYTES
  return isLong && packet[0] === 0x50 && packet[1] === 0x48 && packet[2] === VERSION
}

function openHeader(packet: Uint8Array, end: number): OpenedBeacon {
  const type = TYPES[packet[3]! - 1]
  if (type === undefined) return refusal('unknownType')
  const index = packet[6]!
  const count = packet[7]!
  const flagsKnown = (packet[5]! & ~FLAG_AUTHENTICATED) === 0
  if (!flagsKnown || count < 1 || count > BEACON_MAX_FRAGMENTS || index >= count) return refusal('malformedHeader')
  if (end - HEADER_BYTES > FRAGMENT_MAX_BYTES) return refusal('oversize')
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  const fragment: BeaconFragment = {
    type,
    address: formatIpv4(view.getUint32(8)),
    epoch: view.getBigUint64(12).toString(16).padStart(16, '0'),
    sequence: view.getUint32(20),
    index,
    count,
    body: packet.slice(HEADER_BYTES, end),
  }
  return { ok: true, fragment }
}

const hmac = (bytes: Uint8Array, key: string) => createHmac('sha256', key).update(bytes).digest()
const refusal = (reason: BeaconRefusal): OpenedBeacon => ({ ok: false, reason })
