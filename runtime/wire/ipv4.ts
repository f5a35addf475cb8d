/**
 * The IPv4 header (RFC 791 §3.1), as far as a raw socket's reader needs it.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------+-------+---------------+-------------------------------+
 *     |Version|  IHL  |Type of Service|         Total Length          |
 *     +-------+-------+---------------+-----+-------------------------+
 *     |        Identification         |Flags|    Fragment Offset      |
 *     +---------------+---------------+-----+-------------------------+
 *     | Time to Live  |   Protocol    |        Header Checksum        |
 *     +---------------+---------------+-------------------------------+
 *     |                        Source Address                         |
 *     +---------------------------------------------------------------+
 *     |                      Destination Address                      |
 *     +---------------------------------------------------------------+
 *     |                 Options, 0..40 bytes (IHL > 5)                |
 *     +---------------------------------------------------------------+
 */
import { formatIpv4, parseIpv4 } from './addresses.ts'
import { checksumOf, sumWords } from './checksum.ts'

const VERSION_IHL = 0
const TYPE_OF_SERVICE = 1
const TOTAL_LENGTH = 2
const FLAGS_FRAGMENT = 6
const TIME_TO_LIVE = 8
const PROTOCOL = 9
const HEADER_CHECKSUM = 10
const SOURCE = 12
const DESTINATION = 16
/** Without options. */
export const IPV4_HEADER_BYTES = 20

const MORE_FRAGMENTS_AND_OFFSET = 0x3fff
/** CS6, "internetwork control": what routing protocols are sent with (RFC 4594 §3.1). */
export const INTERNETWORK_CONTROL = 0xc0
/**
 * TTL and hop limit of what neighbours say to each other. With any other it has crossed a router, or was forged off the link
 * (RFC 9568 §5.1.1.3, RFC 4861 §7.1).
 */
export const ON_LINK_TTL = 255

export interface Ipv4Packet {
  /** Dotted quads. */
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly ttl: number
  /** A piece of a larger packet: its payload is not the whole message. */
  readonly fragment: boolean
  /** A view into the bytes that were parsed, without Ethernet padding. */
  readonly payload: Uint8Array
}

export type Ipv4Failure =
  /** Shorter than a header, or than its own total length. */
  | 'truncated'
  /** Not version 4. */
  | 'ipVersion'
  /** IHL < 5, or a total length that does not even hold the header. */
  | 'ipHeader'

export type ParsedIpv4 =
  | { readonly ok: true; readonly packet: Ipv4Packet }
  | { readonly ok: false; readonly reason: Ipv4Failure }

const failed = (reason: Ipv4Failure): ParsedIpv4 => ({ ok: false, reason })

/**
 * Parses a packet as a raw socket delivers it, header included. Options are skipped; bytes after the total length are
 * Ethernet padding and trimmed. The header checksum is not looked at: the kernel has dropped what fails it.
 */
export function parseIpv4Packet(bytes: Uint8Array): ParsedIpv4 {
  if (bytes.length < IPV4_HEADER_BYTES) return failed('truncated')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const versionIhl = view.getUint8(VERSION_IHL)
  if (versionIhl >> 4 !== 4) return failed('ipVersion')
  const headerLength = (versionIhl & 15) * 4
  const totalLength = view.getUint16(TOTAL_LENGTH)
  if (headerLength < IPV4_HEADER_BYTES || totalLength < headerLength) return failed('ipHeader')
  if (bytes.length < totalLength) return failed('truncated')
  return {
    ok: true,
    packet: {
      source: formatIpv4(view.getUint32(SOURCE)),
      destination: formatIpv4(view.getUint32(DESTINATION)),
      protocol: view.getUint8(PROTOCOL),
      ttl: view.getUint8(TIME_TO_LIVE),
      fragment: (view.getUint16(FLAGS_FRAGMENT) & MORE_FRAGMENTS_AND_OFFSET) !== 0,
      payload: bytes.subarray(headerLength, totalLength),
    },
  }
}

/**
 * A whole packet around a payload, as the kernel would put it on the wire: 20-byte header, not a fragment. Throws a
 * RangeError for an address that is none and for a payload over 65,515 bytes.
 */
export function emitIpv4Packet(packet: Omit<Ipv4Packet, 'fragment'>): Uint8Array {
  const source = parseIpv4(packet.source)
  const destination = parseIpv4(packet.destination)
  const totalLength = IPV4_HEADER_BYTES + packet.payload.length
  if (source === undefined || destination === undefined || totalLength > 0xffff) {
    throw new RangeError(`not an IPv4 packet: ${packet.source} > ${packet.destination}, ${totalLength} bytes`)
  }
  const bytes = new Uint8Array(totalLength)
  const view = new DataView(bytes.buffer)
  view.setUint8(VERSION_IHL, (4 << 4) | (IPV4_HEADER_BYTES / 4))
  view.setUint8(TYPE_OF_SERVICE, INTERNETWORK_CONTROL)
  view.setUint16(TOTAL_LENGTH, totalLength)
  view.setUint8(TIME_TO_LIVE, packet.ttl)
  view.setUint8(PROTOCOL, packet.protocol)
  view.setUint32(SOURCE, source)
  view.setUint32(DESTINATION, destination)
  view.setUint16(HEADER_CHECKSUM, checksumOf(sumWords(bytes.subarray(0, IPV4_HEADER_BYTES))))
  bytes.set(packet.payload, IPV4_HEADER_BYTES)
  return bytes
}
