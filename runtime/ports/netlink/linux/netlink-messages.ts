/**
 * Netlink's own framing (linux/netlink.h), shared by rtnetlink and sock_diag. All fields are in host order; messages and
 * attributes are padded to 4 bytes.
 *
 *     0               4       6       8               12              16
 *     +---------------+-------+-------+---------------+---------------+--------------
 *     | length        | type  | flags | sequence      | port id       | payload ...
 *     +---------------+-------+-------+---------------+---------------+--------------
 */
import { type Result, refused } from '../../result.ts'

export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3

export const NLM_F_REQUEST = 0x001
export const NLM_F_ACK = 0x004
/** The table changed while the kernel dumped it: what was read may lack entries or have some twice. */
export const NLM_F_DUMP_INTR = 0x010
export const NLM_F_REPLACE = 0x100
export const NLM_F_EXCL = 0x200
export const NLM_F_DUMP = 0x300
export const NLM_F_CREATE = 0x400

const HEADER_LENGTH = 16
export const ATTRIBUTE_HEADER_LENGTH = 4
/** The two top bits of an attribute's type say "nested" and "network order". */
const ATTRIBUTE_TYPE_MASK = 0x3fff

export interface NetlinkMessage {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  /** A view of the datagram, not a copy. */
  readonly payload: Buffer
}

const padded = (length: number): number => (length + 3) & ~3

/** One message, ready to be sent. */
export function encodeMessage(type: number, flags: number, sequence: number, payload: Uint8Array): Buffer {
  const message = Buffer.alloc(padded(HEADER_LENGTH + payload.length))
  message.writeUInt32LE(HEADER_LENGTH + payload.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(flags, 6)
  message.writeUInt32LE(sequence, 8)
  message.set(payload, HEADER_LENGTH)
  return message
}

/** One attribute with its padding. */
export function encodeAttribute(type: number, value: Uint8Array): Buffer {
  const attribute = Buffer.alloc(padded(ATTRIBUTE_HEADER_LENGTH + value.length))
  attribute.writeUInt16LE(ATTRIBUTE_HEADER_LENGTH + value.length, 0)
  attribute.writeUInt16LE(type, 2)
  attribute.set(value, ATTRIBUTE_HEADER_LENGTH)
  return attribute
}

/** The messages of one datagram; `EBADMSG` where a length does not fit. */
export function splitMessages(datagram: Buffer): Result<readonly NetlinkMessage[]> {
  const messages: NetlinkMessage[] = []
  for (let offset = 0; offset < datagram.length; ) {
    const length = datagram.length - offset < HEADER_LENGTH ? 0 : datagram.readUInt32LE(offset)
    if (length < HEADER_LENGTH || offset + length > datagram.length) {
      return refused('EBADMSG', `netlink: message of ${length} bytes in ${datagram.length - offset} left`)
    }
    messages.push({
      type: datagram.readUInt16LE(offset + 4),
      flags: datagram.readUInt16LE(offset + 6),
      sequence: datagram.readUInt32LE(offset + 8),
      payload: datagram.subarray(offset + HEADER_LENGTH, offset + length),
    })
    offset += padded(length)
  }
  return { ok: true, value: messages }
}

/** The attributes that follow a fixed header of `headerLength` bytes, by type; undefined where a length does not fit. */
export function parseAttributes(payload: Buffer, headerLength: number): ReadonlyMap<number, Buffer> | undefined {
  if (payload.length < headerLength) return undefined
  const attributes = new Map<number, Buffer>()
  for (let offset = padded(headerLength); offset + ATTRIBUTE_HEADER_LENGTH <= payload.length; ) {
    const length = payload.readUInt16LE(offset)
    if (length < ATTRIBUTE_HEADER_LENGTH || offset + length > payload.length) return undefined
    const type = payload.readUInt16LE(offset + 2) & ATTRIBUTE_TYPE_MASK
    attributes.set(type, payload.subarray(offset + ATTRIBUTE_HEADER_LENGTH, offset + length))
    offset += padded(length)
  }
  return attributes
}

/** The errno that NLMSG_ERROR or NLMSG_DONE carries, 0 = no error; undefined where it is too short for one. */
export function carriedErrno(payload: Buffer): number | undefined {
  return payload.length < 4 ? undefined : Math.abs(payload.readInt32LE(0))
}
