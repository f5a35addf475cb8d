/** Frames of a client, built apart from the product's codecs. */
import { internetChecksum, ipv4Frame } from '../../scenarios/vrrp/raw-frame.ts'

export interface Macs {
  readonly from: string
  readonly to: string
}

export interface Segment {
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
  readonly flags: number
  readonly payload?: Uint8Array
}

export const SYN = 2
const TCP = 6
const ICMP = 1
const ETHERNET = 14
const IPV4 = 20
const MORE_FRAGMENTS = 0x2000

const bytesOf = (address: string) => address.split('.').map(Number)

/** A TCP segment with its right checksum, in one frame. */
export function tcpFrame(macs: Macs, segment: Segment): Buffer {
  const { source, destination, payload = new Uint8Array() } = segment
  const header = Buffer.alloc(20)
  header.writeUInt16BE(segment.sourcePort, 0)
  header.writeUInt16BE(segment.destinationPort, 2)
  header.writeUInt32BE(1000, 4)
  header[12] = 5 << 4
  header[13] = segment.flags
  header.writeUInt16BE(1024, 14)
  const length = header.length + payload.length
  const pseudo = Buffer.from([...bytesOf(source), ...bytesOf(destination), 0, TCP, length >> 8, length & 255])
  header.writeUInt16BE(internetChecksum(pseudo, header, payload), 16)
  return ipv4Frame(macs, { source, destination, protocol: TCP }, Buffer.concat([header, payload]))
}

/** The frame as two: the second begins at this byte of the IP payload, a multiple of 8. */
export function fragmentsOf(frame: Buffer, at: number): [Buffer, Buffer] {
  const header = frame.subarray(0, ETHERNET + IPV4)
  const payload = frame.subarray(ETHERNET + IPV4)
  const fragment = (part: Uint8Array, offset: number) => {
    const bytes = Buffer.concat([header, part])
    bytes.writeUInt16BE(IPV4 + part.length, ETHERNET + 2)
    bytes.writeUInt16BE(0x77, ETHERNET + 4)
    bytes.writeUInt16BE(offset, ETHERNET + 6)
    bytes.writeUInt16BE(0, ETHERNET + 10)
    bytes.writeUInt16BE(internetChecksum(bytes.subarray(ETHERNET, ETHERNET + IPV4)), ETHERNET + 10)
    return bytes
  }
  return [fragment(payload.subarray(0, at), MORE_FRAGMENTS), fragment(payload.subarray(at), at / 8)]
}

/** An ICMP message of a router's about a packet that `destination` has sent. */
export function icmpErrorFrame(
  macs: Macs,
  error: { readonly source: string; readonly destination: string; readonly type: number; readonly code: number },
  quoted: Uint8Array,
): Buffer {
  const message = Buffer.concat([Buffer.from([error.type, error.code, 0, 0, 0, 0, 0, 0]), quoted])
  message.writeUInt16BE(internetChecksum(message), 2)
  return ipv4Frame(macs, { source: error.source, destination: error.destination, protocol: ICMP }, message)
}

/** The IP packet of a frame, as far as routers quote it. */
export const quoteOf = (frame: Buffer): Buffer => frame.subarray(ETHERNET, ETHERNET + IPV4 + 8)
