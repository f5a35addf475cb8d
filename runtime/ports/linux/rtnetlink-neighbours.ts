/**
 * The neighbour table of rtnetlink (linux/neighbour.h) as bytes; attributes follow:
 *
 *     ndmsg   family(1) pad(3) index(4) state(2) flags(1) type(1)
 */

import { addressBytes } from '../../wire/ip-address-bytes.ts'
import { AF_INET } from './libc.ts'
import { encodeAttribute, parseAttributes } from './netlink-messages.ts'

export const RTM_NEWNEIGH = 28
export const RTM_GETNEIGH = 30

const NDMSG_LENGTH = 12
const NDA_DST = 1
const NDA_LLADDR = 2
const STATE_OFFSET = 8
const MAC_BYTES = 6
/** Reachable, stale, delay, probe, permanent: those in which the MAC is one that was heard. */
const KNOWN_STATES = 0x02 | 0x04 | 0x08 | 0x10 | 0x80

/** RTM_GETNEIGH of one IPv4 address (Linux 5.0); undefined where it is none. */
export function encodeGetNeighbour(interfaceIndex: number, address: string): Buffer | undefined {
  const bytes = addressBytes(address)
  if (bytes?.length !== 4) return undefined
  const message = Buffer.alloc(NDMSG_LENGTH)
  message[0] = AF_INET
  message.writeInt32LE(interfaceIndex, 4)
  return Buffer.concat([message, encodeAttribute(NDA_DST, Buffer.from(bytes))])
}

/** The MAC of an RTM_NEWNEIGH; undefined where the kernel has none, or it cannot be read. */
export function parseNeighbourMac(payload: Buffer): string | undefined {
  const mac = parseAttributes(payload, NDMSG_LENGTH)?.get(NDA_LLADDR)
  if (mac?.length !== MAC_BYTES || (payload.readUInt16LE(STATE_OFFSET) & KNOWN_STATES) === 0) return undefined
  return mac.toString('hex').match(/../g)!.join(':')
}
