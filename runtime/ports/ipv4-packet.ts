import { parseIpv4 } from '../wire/addresses.ts'

const HEADER_LENGTH = 20
/** RFC 9568 §5.1.1.3: always 255, so that a receiver can tell that no router passed it on. */
const TIME_TO_LIVE = 255
/** Internetwork control (CS6), as routing protocols send (RFC 2474 §4.2.2.2). */
const TYPE_OF_SERVICE = 0xc0

/**
 * An IPv4 packet with a header without options, as a raw-IP port sends it:
 *
 *      0                   1                   2                   3
 *     +-------+-------+---------------+-------------------------------+
 *     |   4   |   5   |      c0       |          total length         |
 *     +-------+-------+---------------+-----+-------------------------+
 *     |               0               |        0, no fragment         |
 *     +---------------+---------------+-------------------------------+
 *     |  TTL 255      |   protocol    |        header checksum        |
 *     +---------------+---------------+-------------------------------+
 *     |                        source address                         |
 *     |                      destination address                      |
 *     +---------------------------------------------------------------+
 *
 * undefined where an address is not a dotted quad or the packet would be longer than 65,535 bytes.
 */
export function encodeIpv4Packet(
  protocol: number,
  source: string,
  destination: string,
  payload: Uint8Array,
): Buffer | undefined {
  const from = parseIpv4(source)
  const to = parseIpv4(destination)
  const length = HEADER_LENGTH + payload.length
  if (from === undefined || to === undefined || length > 0xffff) return undefined
  const packet = Buffer.alloc(length)
  packet[0] = 0x45
  packet[1] = TYPE_OF_SERVICE
  packet.writeUInt16BE(length, 2)
  packet[8] = TIME_TO_LIVE
  packet[9] = protocol
  packet.writeUInt32BE(from, 12)
  packet.writeUInt32BE(to, 16)
  packet.writeUInt16BE(headerChecksum(packet), 10)
  packet.set(payload, HEADER_LENGTH)
  return packet
}

/** RFC 1071 over the header, whose checksum field is still zero. */
function headerChecksum(packet: Buffer): number {
  let sum = 0
  for (let offset = 0; offset < HEADER_LENGTH; offset += 2) sum += packet.readUInt16BE(offset)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
