/**
 * ARP for IPv4 over Ethernet (RFC 826), Ethernet header included: 42 bytes.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   0 +---------------------------------------------------------------+
 *     |                  Destination MAC (6 bytes)                    |
 *   6 +                               +-------------------------------+
 *     |                               |      Source MAC (6 bytes)     |
 *  12 +-------------------------------+-------------------------------+
 *     |       EtherType 0x0806        |       Hardware type 1         |
 *  16 +-------------------------------+---------------+---------------+
 *     |     Protocol type 0x0800      |  HW length 6  | Prot length 4 |
 *  20 +-------------------------------+---------------+---------------+
 *     |  Operation 1 = request 2 = reply              |
 *  22 |  Sender MAC (6)  28 Sender IP (4)  32 Target MAC (6)  38 Target IP (4)
 */
import { formatIpv4, formatMac, parseIpv4, parseMac } from './addresses.ts'

const DESTINATION_MAC = 0
const SOURCE_MAC = 6
const ETHER_TYPE = 12
const HARDWARE_TYPE = 14
const PROTOCOL_TYPE = 16
const LENGTHS = 18
const OPERATION = 20
const SENDER_MAC = 22
const SENDER_ADDRESS = 28
const TARGET_MAC = 32
const TARGET_ADDRESS = 38
const FRAME_LENGTH = 42

const ETHER_TYPE_ARP = 0x0806
const ETHERNET = 1
const ETHER_TYPE_IPV4 = 0x0800
const MAC_6_IPV4_4 = 0x0604
const REQUEST = 1
const REPLY = 2

interface ArpMessage {
  readonly operation: 'request' | 'reply'
  /** MACs lower-case and colon-separated, addresses dotted quads. */
  readonly senderMac: string
  readonly senderAddress: string
  readonly targetMac: string
  readonly targetAddress: string
}

type ArpFailure = 'truncated' | 'etherType' | 'hardware' | 'operation'

export type ParsedArp =
  | { readonly ok: true; readonly arp: ArpMessage }
  | { readonly ok: false; readonly reason: ArpFailure }

/**
 * A gratuitous ARP in the request form, to everybody: sender = target = the address (RFC 9568 §6.4.2, RFC 5227 §3). The
 * target MAC means nothing in a request; it is broadcast, byte for byte what keepalived sends. Throws a RangeError for an
 * address or MAC that is none.
 */
export function emitGratuitousArp(mac: string, address: string): Uint8Array {
  const macBytes = parseMac(mac)
  const value = parseIpv4(address)
  if (macBytes === undefined || value === undefined) throw new RangeError(`cannot announce ${address} at ${mac}`)
  const frame = new Uint8Array(FRAME_LENGTH)
  const view = new DataView(frame.buffer)
  frame.fill(0xff, DESTINATION_MAC, SOURCE_MAC)
  frame.set(macBytes, SOURCE_MAC)
  view.setUint16(ETHER_TYPE, ETHER_TYPE_ARP)
  view.setUint16(HARDWARE_TYPE, ETHERNET)
  view.setUint16(PROTOCOL_TYPE, ETHER_TYPE_IPV4)
  view.setUint16(LENGTHS, MAC_6_IPV4_4)
  view.setUint16(OPERATION, REQUEST)
  frame.set(macBytes, SENDER_MAC)
  view.setUint32(SENDER_ADDRESS, value)
  frame.fill(0xff, TARGET_MAC, TARGET_ADDRESS)
  view.setUint32(TARGET_ADDRESS, value)
  return frame
}

/**
 * A question to everybody: who has `target`? From 0.0.0.0 it is an ARP probe (RFC 5227 §2.1.1): it is answered, but
 * changes nobody's neighbour table. Throws a RangeError for an address or MAC that is none.
 */
export function emitArpRequest(mac: string, sender: string, target: string): Uint8Array {
  const senderValue = parseIpv4(sender)
  if (senderValue === undefined) throw new RangeError(`cannot ask for ${target} from ${sender}`)
  const frame = emitGratuitousArp(mac, target)
  const view = new DataView(frame.buffer)
  view.setUint32(SENDER_ADDRESS, senderValue)
  // RFC 5227 §2.1.1: the target MAC is not known, and zero.
  frame.fill(0, TARGET_MAC, TARGET_ADDRESS)
  return frame
}

/** Parses a whole Ethernet frame; padding after byte 42 is ignored. Never throws. */
export function parseArp(frame: Uint8Array): ParsedArp {
  if (frame.length < FRAME_LENGTH) return { ok: false, reason: 'truncated' }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (view.getUint16(ETHER_TYPE) !== ETHER_TYPE_ARP) return { ok: false, reason: 'etherType' }
  if (!isIpv4OverEthernet(view)) return { ok: false, reason: 'hardware' }
  const operation = view.getUint16(OPERATION)
  if (operation !== REQUEST && operation !== REPLY) return { ok: false, reason: 'operation' }
  return {
    ok: true,
    arp: {
      operation: operation === REQUEST ? 'request' : 'reply',
      senderMac: formatMac(frame.subarray(SENDER_MAC, SENDER_ADDRESS)),
      senderAddress: formatIpv4(view.getUint32(SENDER_ADDRESS)),
      targetMac: formatMac(frame.subarray(TARGET_MAC, TARGET_ADDRESS)),
      targetAddress: formatIpv4(view.getUint32(TARGET_ADDRESS)),
    },
  }
}

function isIpv4OverEthernet(view: DataView): boolean {
  return (
    view.getUint16(HARDWARE_TYPE) === ETHERNET &&
    view.getUint16(PROTOCOL_TYPE) === ETHER_TYPE_IPV4 &&
    view.getUint16(LENGTHS) === MAC_6_IPV4_4
  )
}
