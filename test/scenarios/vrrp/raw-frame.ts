/**
 * Frames as a neighbour of a gateway builds and reads them, byte by byte and apart from the product's codecs, so that both
 * cannot be wrong in the same way. Whatever a rule forbids can be said here.
 */

/** An advert and the packet around it; what is left out is as it should be. */
export interface RawAdvert {
  readonly version: number
  readonly priority: number
  readonly intervalCs: number
  readonly type?: number
  readonly virtualRouterId?: number
  readonly addresses?: readonly string[]
  /** Of addresses, as the header says it. */
  readonly count?: number
  readonly reserved?: number
  readonly authType?: number
  readonly checksum?: 'pseudoHeader' | 'message' | 'wrong'
  readonly source?: string
  readonly destination?: string
  readonly ttl?: number
  /** IP options, a multiple of four bytes. */
  readonly options?: Uint8Array
  /** Bytes that are cut off (below 0) or added to the message. */
  readonly lengthen?: number
  /** Ethernet padding after the packet. */
  readonly padding?: number
}

export interface SeenAdvert {
  readonly kind: 'vrrp'
  readonly destinationMac: string
  readonly source: string
  readonly destination: string
  readonly ttl: number
  readonly headerLength: number
  /** The VRRP message. */
  readonly message: Buffer
  readonly priority: number
}

export interface SeenArp {
  readonly kind: 'arp'
  readonly destinationMac: string
  readonly operation: number
  readonly senderMac: string
  readonly sender: string
  readonly target: string
}

interface SeenIcmp {
  readonly kind: 'icmp'
  readonly type: number
  readonly source: string
}

export type Seen = SeenAdvert | SeenArp | SeenIcmp

export const GROUP = '224.0.0.18'
export const GROUP_MAC = '01:00:5e:00:00:12'
export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff'

const addressBytes = (address: string): number[] => address.split('.').map(Number)
const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex')
const addressAt = (bytes: Buffer, at: number): string => bytes.subarray(at, at + 4).join('.')
const macAt = (bytes: Buffer, at: number): string => bytes.toString('hex', at, at + 6).replace(/(..)(?!$)/g, '$1:')

/** RFC 1071, over as many pieces as there are. */
export function internetChecksum(...pieces: readonly Uint8Array[]): number {
  const bytes = Buffer.concat(pieces)
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0)
  return 0xffff - (sum % 0xffff === 0 && sum > 0 ? 0xffff : sum % 0xffff)
}

/** The pseudo-header of a VRRP message (RFC 5798 §5.2.8). */
export const pseudoHeader = (source: string, destination: string, length: number): Buffer =>
  Buffer.from([...addressBytes(source), ...addressBytes(destination), 0, 112, length >> 8, length & 255])

function message(advert: RawAdvert, source: string, destination: string, addresses: readonly string[]): Buffer {
  const { version, priority, intervalCs, type = 1, virtualRouterId = 51, count = addresses.length } = advert
  const { reserved = 0, authType = 0, checksum = 'pseudoHeader', lengthen = 0 } = advert
  const interval =
    version === 2 ? [authType, intervalCs / 100] : [(reserved << 4) | (intervalCs >> 8), intervalCs & 255]
  const head = [(version << 4) | type, virtualRouterId, priority, count, ...interval, 0, 0]
  const whole = [...head, ...addresses.flatMap(addressBytes), ...Array<number>(version === 2 ? 8 : 0).fill(0)]
  const bytes = Buffer.alloc(whole.length + lengthen)
  bytes.set(whole.slice(0, bytes.length))
  const covered = version === 3 && checksum !== 'message' ? [pseudoHeader(source, destination, bytes.length)] : []
  const right = internetChecksum(...covered, bytes)
  bytes.writeUInt16BE(checksum === 'wrong' ? right ^ 0x0101 : right, 6)
  return bytes
}

/** An IPv4 packet in a frame. */
export function ipv4Frame(
  macs: { readonly from: string; readonly to: string },
  packet: { readonly source: string; readonly destination: string; readonly protocol: number; readonly ttl?: number },
  payload: Uint8Array,
  options: Uint8Array = new Uint8Array(),
): Buffer {
  const headerLength = 20 + options.length
  const header = Buffer.alloc(headerLength)
  header[0] = 0x40 | (headerLength / 4)
  header.writeUInt16BE(headerLength + payload.length, 2)
  header[8] = packet.ttl ?? 255
  header[9] = packet.protocol
  header.set([...addressBytes(packet.source), ...addressBytes(packet.destination)], 12)
  header.set(options, 20)
  header.writeUInt16BE(internetChecksum(header), 10)
  return Buffer.concat([macBytes(macs.to), macBytes(macs.from), Buffer.of(8, 0), header, payload])
}

/** `advert` in a frame of `mac` to the group; `source` and `addresses` unless it names its own. */
export function advertFrame(advert: RawAdvert, mac: string, from: { source: string; addresses: string[] }): Buffer {
  const {
    source = from.source,
    destination = GROUP,
    addresses = from.addresses,
    ttl = 255,
    padding = 0,
    options,
  } = advert
  const payload = message(advert, source, destination, addresses)
  const packet = { source, destination, protocol: 112, ttl }
  const frame = ipv4Frame({ from: mac, to: GROUP_MAC }, packet, payload, options)
  return Buffer.concat([frame, Buffer.alloc(padding, 0xa5)])
}

/** Who has `target`? Asked by `source`. */
export function arpQuestion(mac: string, source: string, target: string): Buffer {
  const fixed = Buffer.from('08060001080006040001', 'hex')
  const asked = Buffer.from([...addressBytes(source), 0, 0, 0, 0, 0, 0, ...addressBytes(target)])
  return Buffer.concat([macBytes(BROADCAST_MAC), macBytes(mac), fixed, macBytes(mac), asked])
}

/** An ICMP echo request in a frame to `to`. */
export function ping(
  macs: { readonly from: string; readonly to: string },
  source: string,
  destination: string,
): Buffer {
  const echo = Buffer.from('0800000000010001', 'hex')
  echo.writeUInt16BE(internetChecksum(echo), 2)
  return ipv4Frame(macs, { source, destination, protocol: 1, ttl: 64 }, echo)
}

/** What a frame says; null where it is none of the kinds that are looked at. */
export function readFrame(frame: Buffer): Seen | null {
  const destinationMac = macAt(frame, 0)
  if (frame.readUInt16BE(12) === 0x0806) {
    const operation = frame.readUInt16BE(20)
    const senderMac = macAt(frame, 22)
    return {
      kind: 'arp',
      destinationMac,
      operation,
      senderMac,
      sender: addressAt(frame, 28),
      target: addressAt(frame, 38),
    }
  }
  const packet = frame.subarray(14)
  const headerLength = (packet[0]! & 15) * 4
  const payload = packet.subarray(headerLength, packet.readUInt16BE(2))
  const source = addressAt(packet, 12)
  if (packet[9] === 1) return { kind: 'icmp', type: payload[0]!, source }
  if (packet[9] !== 112) return null
  const destination = addressAt(packet, 16)
  const [ttl, priority] = [packet[8]!, payload[2]!]
  return { kind: 'vrrp', destinationMac, source, destination, ttl, headerLength, message: payload, priority }
}
