/**
 * The IPv6 header (RFC 8200 §3), as far as VRRP and neighbour advertisements need it.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   0 +-------+---------------+---------------------------------------+
 *     |Version| Traffic Class |              Flow Label               |
 *   4 +-------+---------------+-------+---------------+---------------+
 *     |        Payload Length         |  Next Header  |   Hop Limit   |
 *   8 +-------------------------------+---------------+---------------+
 *     |                  Source Address (16 bytes)                    |
 *  24 +---------------------------------------------------------------+
 *     |                Destination Address (16 bytes)                 |
 *  40 +---------------------------------------------------------------+
 *     |   Extension headers, each: next header, length in 8 bytes less one, ...
 */

import { addressBytes, addressText } from './ip-address-bytes.ts'
import { INTERNETWORK_CONTROL } from './ipv4.ts'

const VERSION_CLASS_LABEL = 0
const PAYLOAD_LENGTH = 4
const NEXT_HEADER = 6
const HOP_LIMIT = 7
const SOURCE = 8
const DESTINATION = 24
/** Without extension headers. */
export const IPV6_HEADER_BYTES = 40

const HOP_BY_HOP = 0
const FRAGMENT = 44
const DESTINATION_OPTIONS = 60
const FRAGMENT_HEADER_LENGTH = 8
const OFFSET_AND_MORE_FRAGMENTS = 0xfff9
/** Each kind may come once (RFC 8200 §4.1), destination options twice. */
const EXTENSION_HEADERS_MAX = 4

export interface Ipv6Packet {
  /** As RFC 5952 writes them. */
  readonly source: string
  readonly destination: string
  /** Next header behind the extension headers. */
  readonly protocol: number
  readonly hopLimit: number
  /** A piece of a larger packet: its payload is not the whole message. */
  readonly fragment: boolean
  /** A view into the bytes that were parsed, without Ethernet padding. */
  readonly payload: Uint8Array
}

export type Ipv6Failure =
  /** Shorter than a header, or than its own length. */
  | 'truncated'
  /** Not version 6. */
  | 'ipVersion'
  /** An extension header reaches past the payload, or there are more of them than a packet may have. */
  | 'ipHeader'

export type ParsedIpv6 =
  | { readonly ok: true; readonly packet: Ipv6Packet }
  | { readonly ok: false; readonly reason: Ipv6Failure }

const failed = (reason: Ipv6Failure): ParsedIpv6 => ({ ok: false, reason })

/**
 * Parses a whole packet. Hop-by-hop and destination options are skipped, and so is the header of a fragment that is the
 * whole packet (RFC 6946). Any other header is left to the reader as the protocol. Never throws.
 */
export function parseIpv6Packet(bytes: Uint8Array): ParsedIpv6 {
  if (bytes.length < IPV6_HEADER_BYTES) return failed('truncated')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(VERSION_CLASS_LABEL) >> 4 !== 6) return failed('ipVersion')
  const end = IPV6_HEADER_BYTES + view.getUint16(PAYLOAD_LENGTH)
  if (bytes.length < end) return failed('truncated')
  const message = skipExtensions(view, end)
  if (message === undefined) return failed('ipHeader')
  return {
    ok: true,
    packet: {
      source: addressText(bytes.subarray(SOURCE, DESTINATION)) ?? '',
      destination: addressText(bytes.subarray(DESTINATION, IPV6_HEADER_BYTES)) ?? '',
      protocol: message.protocol,
      hopLimit: view.getUint8(HOP_LIMIT),
      fragment: message.fragment,
      payload: bytes.subarray(message.start, end),
    },
  }
}

interface MessagePlace {
  readonly protocol: number
  readonly start: number
  readonly fragment: boolean
}

function skipExtensions(view: DataView, end: number): MessagePlace | undefined {
  let protocol = view.getUint8(NEXT_HEADER)
  let start = IPV6_HEADER_BYTES
  let fragment = false
  for (let count = 0; isSkipped(protocol); count++) {
    if (count === EXTENSION_HEADERS_MAX || start + FRAGMENT_HEADER_LENGTH > end) return undefined
    if (protocol === FRAGMENT && (view.getUint16(start + 2) & OFFSET_AND_MORE_FRAGMENTS) !== 0) fragment = true
    const length = protocol === FRAGMENT ? FRAGMENT_HEADER_LENGTH : 8 * (view.getUint8(start + 1) + 1)
    if (start + length > end) return undefined
    protocol = view.getUint8(start)
    start += length
  }
  return { protocol, start, fragment }
}

const isSkipped = (protocol: number): boolean =>
  protocol === HOP_BY_HOP || protocol === FRAGMENT || protocol === DESTINATION_OPTIONS

/**
 * A whole packet around a payload: 40-byte header, flow label 0, no extension header. Throws a RangeError for an address
 * that is no IPv6 address and for a payload over 65,535 bytes.
 */
export function emitIpv6Packet(packet: Omit<Ipv6Packet, 'fragment'>): Uint8Array {
  const { source, destination, payload } = packet
  const [from, to] = [addressBytes(source), addressBytes(destination)]
  if (from?.length !== 16 || to?.length !== 16 || payload.length > 0xffff) {
    throw new RangeError(`not an IPv6 packet: ${source} > ${destination}, ${payload.length} bytes`)
  }
  const bytes = new Uint8Array(IPV6_HEADER_BYTES + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(VERSION_CLASS_LABEL, 0x6000_0000 + (INTERNETWORK_CONTROL << 20))
  view.setUint16(PAYLOAD_LENGTH, payload.length)
  view.setUint8(NEXT_HEADER, packet.protocol)
  view.setUint8(HOP_LIMIT, packet.hopLimit)
  bytes.set(from, SOURCE)
  bytes.set(to, DESTINATION)
  bytes.set(payload, IPV6_HEADER_BYTES)
  return bytes
}
