/**
 * The neighbour advertisement (RFC 4861 §4.4), Ethernet and IPv6 headers included: 86 bytes. Unsolicited ones: §7.2.6.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   0 +---------------+---------------+-------------------------------+
 *     |   Type 136    |    Code 0     |           Checksum            |
 *   4 +-+-+-+---------+---------------+-------------------------------+
 *     |R|S|O|                    Reserved, 0                          |
 *   8 +-+-+-+---------------------------------------------------------+
 *     |                  Target Address (16 bytes)                    |
 *  24 +---------------+---------------+-------------------------------+
 *     | Option type 2 | Length 1 (x 8)|  Target link-layer address (6)
 *  32 +---------------+---------------+-------------------------------+
 */

import { formatMac } from './addresses.ts'
import { checksumOf, sumIpv6PseudoHeader, sumWords } from './checksum.ts'
import { ETHER_TYPE_IPV6, ETHERNET_HEADER, emitIcmpv6Frame, ICMPV6, ipv6Bytes, macBytes } from './icmpv6-frame.ts'
import { addressText } from './ip-address-bytes.ts'
import { ON_LINK_TTL } from './ipv4.ts'
import { type Ipv6Failure, parseIpv6Packet } from './ipv6.ts'

/** All nodes on the link. */
const ALL_NODES = 'ff02::1'
const NEIGHBOUR_ADVERTISEMENT = 136
/** R, S, O = 1, 0, 1: from a router, not asked for, overrides what the neighbours have in their caches (RFC 9568 §6.4.1). */
const ROUTER_OVERRIDE = 0xa0
const SOLICITED = 0x40
const TARGET_LINK_LAYER_ADDRESS = 2

const TYPE = 0
const CODE = 1
const FLAGS = 4
const TARGET = 8
const OPTION = 24
const MESSAGE_LENGTH = 32
const SOURCE_MAC = 6
const ETHER_TYPE = 12

/** An advertisement as it was received. */
interface NeighbourAdvertisement {
  /** It answers a question; else it was sent unasked. */
  readonly solicited: boolean
  /** The address that it speaks of, as RFC 5952 writes it. */
  readonly target: string
  /** Who has it: as the message says, else who sent the frame. */
  readonly mac: string
  /** Of the frame. */
  readonly destinationMac: string
}

export type ParsedNeighbourAdvertisement =
  | { readonly ok: true; readonly advertisement: NeighbourAdvertisement }
  /** `other`: no advertisement; `hopLimit`: from beyond the link; `option`: one has the length 0, or reaches past the end. */
  | { readonly ok: false; readonly reason: Ipv6Failure | 'other' | 'hopLimit' | 'checksum' | 'option' }

/**
 * Tells all nodes on the link that the address is at this MAC from now on: what gratuitous ARP is to IPv4. Sent from the
 * address itself, as keepalived does. Throws a RangeError for an address or MAC that is none.
 */
export function emitUnsolicitedAdvertisement(mac: string, address: string): Uint8Array {
  const message = new Uint8Array(MESSAGE_LENGTH)
  message[TYPE] = NEIGHBOUR_ADVERTISEMENT
  message[FLAGS] = ROUTER_OVERRIDE
  message.set(ipv6Bytes(address), TARGET)
  message.set([TARGET_LINK_LAYER_ADDRESS, 1, ...macBytes(mac)], OPTION)
  return emitIcmpv6Frame(mac, address, ALL_NODES, message)
}

/** Parses a whole Ethernet frame, by the rules of RFC 4861 §7.1.2. Never throws. */
export function parseNeighbourAdvertisement(frame: Uint8Array): ParsedNeighbourAdvertisement {
  if (frame.length < ETHERNET_HEADER) return failed('truncated')
  const etherType = (frame[ETHER_TYPE]! << 8) | frame[ETHER_TYPE + 1]!
  if (etherType !== ETHER_TYPE_IPV6) return failed('other')
  const parsed = parseIpv6Packet(frame.subarray(ETHERNET_HEADER))
  if (!parsed.ok) return parsed
  const { source, destination, protocol, hopLimit, fragment, payload } = parsed.packet
  if (protocol !== ICMPV6 || fragment || payload[TYPE] !== NEIGHBOUR_ADVERTISEMENT) return failed('other')
  if (payload.length < OPTION) return failed('truncated')
  if (hopLimit !== ON_LINK_TTL) return failed('hopLimit')
  if (payload[CODE] !== 0) return failed('other')
  const pseudoHeader = sumIpv6PseudoHeader(ipv6Bytes(source), ipv6Bytes(destination), ICMPV6, payload.length)
  if (checksumOf(sumWords(payload, pseudoHeader)) !== 0) return failed('checksum')
  const named = linkLayerAddressIn(payload)
  if (named === undefined) return failed('option')
  return {
    ok: true,
    advertisement: {
      solicited: (payload[FLAGS]! & SOLICITED) !== 0,
      target: addressText(payload.subarray(TARGET, OPTION)) ?? '',
      mac: formatMac(named ?? frame.subarray(SOURCE_MAC, ETHER_TYPE)),
      destinationMac: formatMac(frame.subarray(0, SOURCE_MAC)),
    },
  }
}

const failed = (reason: Exclude<ParsedNeighbourAdvertisement, { ok: true }>['reason']) =>
  ({ ok: false, reason }) as const

/** Null: none is named; undefined: the options are broken. */
function linkLayerAddressIn(message: Uint8Array): Uint8Array | null | undefined {
  let found: Uint8Array | null = null
  for (let at = OPTION; at < message.length; ) {
    const length = 8 * (message[at + 1] ?? 0)
    if (length === 0 || at + length > message.length) return undefined
    if (message[at] === TARGET_LINK_LAYER_ADDRESS && length === 8) found ??= message.subarray(at + 2, at + 8)
    at += length
  }
  return found
}
