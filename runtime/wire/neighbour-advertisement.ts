/**
 * The unsolicited neighbour advertisement (RFC 4861 §4.4 and §7.2.6), Ethernet and IPv6 headers included: 86 bytes.
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
import { parseMac } from './addresses.ts'
import { checksumOf, sumIpv6PseudoHeader, sumWords } from './checksum.ts'
import { addressBytes } from './ip-address-bytes.ts'
import { emitIpv6Packet } from './ipv6.ts'

/** All nodes on the link, and the MAC that this group has on Ethernet (RFC 2464 §7). */
const ALL_NODES = 'ff02::1'
const ALL_NODES_MAC = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1)
const ETHER_TYPE_IPV6 = 0x86dd
const ETHERNET_HEADER = 14

const ICMPV6 = 58
const NEIGHBOUR_ADVERTISEMENT = 136
/** R, S, O = 1, 0, 1: from a router, not asked for, overrides what the neighbours have in their caches (RFC 9568 §6.4.1). */
const ROUTER_OVERRIDE = 0xa0
const TARGET_LINK_LAYER_ADDRESS = 2
/** RFC 4861 §7.1.2: with any other, receivers discard it. */
const HOP_LIMIT = 255

const TYPE = 0
const CHECKSUM = 2
const FLAGS = 4
const TARGET = 8
const OPTION = 24
const MESSAGE_LENGTH = 32

/**
 * Tells all nodes on the link that the address is at this MAC from now on: what gratuitous ARP is to IPv4. Sent from the
 * address itself, as keepalived does. Throws a RangeError for an address or MAC that is none.
 */
export function emitUnsolicitedAdvertisement(mac: string, address: string): Uint8Array {
  const macBytes = parseMac(mac)
  const target = addressBytes(address)
  if (macBytes === undefined || target?.length !== 16) throw new RangeError(`cannot announce ${address} at ${mac}`)
  const payload = new Uint8Array(MESSAGE_LENGTH)
  payload[TYPE] = NEIGHBOUR_ADVERTISEMENT
  payload[FLAGS] = ROUTER_OVERRIDE
  payload.set(target, TARGET)
  payload.set([TARGET_LINK_LAYER_ADDRESS, 1], OPTION)
  payload.set(macBytes, OPTION + 2)
  const allNodes = addressBytes(ALL_NODES) ?? new Uint8Array()
  const sum = sumWords(payload, sumIpv6PseudoHeader(target, allNodes, ICMPV6, payload.length))
  new DataView(payload.buffer).setUint16(CHECKSUM, checksumOf(sum))
  const packet = { source: address, destination: ALL_NODES, protocol: ICMPV6, hopLimit: HOP_LIMIT, payload }
  return framed(macBytes, emitIpv6Packet(packet))
}

function framed(sourceMac: Uint8Array, packet: Uint8Array): Uint8Array {
  const frame = new Uint8Array(ETHERNET_HEADER + packet.length)
  frame.set(ALL_NODES_MAC)
  frame.set(sourceMac, 6)
  new DataView(frame.buffer).setUint16(12, ETHER_TYPE_IPV6)
  frame.set(packet, ETHERNET_HEADER)
  return frame
}
