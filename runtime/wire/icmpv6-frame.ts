import { parseMac } from './addresses.ts'
import { checksumOf, sumIpv6PseudoHeader, sumWords } from './checksum.ts'
import { addressBytes } from './ip-address-bytes.ts'
import { ON_LINK_TTL } from './ipv4.ts'
import { emitIpv6Packet } from './ipv6.ts'

export const ETHERNET_HEADER = 14
export const ETHER_TYPE_IPV6 = 0x86dd
export const ICMPV6 = 58
const CHECKSUM = 2

/** An IPv6 address as it is on the wire; throws a RangeError for what is none. */
export function ipv6Bytes(address: string): Uint8Array {
  const bytes = addressBytes(address)
  if (bytes?.length !== 16) throw new RangeError(`${address} is no IPv6 address`)
  return bytes
}

/** A MAC as it is on the wire; throws a RangeError for what is none. */
export function macBytes(mac: string): Uint8Array {
  const bytes = parseMac(mac)
  if (bytes === undefined) throw new RangeError(`${mac} is no MAC`)
  return bytes
}

/** The Ethernet frame of a multicast ICMPv6 message, whose checksum is filled in: to the group's own MAC (RFC 2464 §7). */
export function emitIcmpv6Frame(mac: string, source: string, group: string, message: Uint8Array): Uint8Array {
  const [from, to] = [ipv6Bytes(source), ipv6Bytes(group)]
  const sum = sumWords(message, sumIpv6PseudoHeader(from, to, ICMPV6, message.length))
  new DataView(message.buffer, message.byteOffset).setUint16(CHECKSUM, checksumOf(sum))
  const packet = emitIpv6Packet({
    source,
    destination: group,
    protocol: ICMPV6,
    hopLimit: ON_LINK_TTL,
    payload: message,
  })
  const frame = new Uint8Array(ETHERNET_HEADER + packet.length)
  frame.set([0x33, 0x33, ...to.subarray(12)])
  frame.set(macBytes(mac), 6)
  new DataView(frame.buffer).setUint16(12, ETHER_TYPE_IPV6)
  frame.set(packet, ETHERNET_HEADER)
  return frame
}
