/**
 * The neighbour table of rtnetlink (linux/neighbour.h) as bytes; attributes follow:
 *
 *     ndmsg   family(1) pad(3) index(4) state(2) flags(1) type(1)
 */

import { formatMac, parseMac } from '../../../wire/addresses.ts'
import { addressBytes } from '../../../wire/ip-address-bytes.ts'
import { AF_INET } from '../../sockets/linux/libc.ts'
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

const STATE_REACHABLE = 0x02
const STATE_PROBE = 0x10
const STATE_FAILED = 0x20

/** RTM_NEWNEIGH that has the kernel ask a neighbour of IPv4 by that MAC whether it lives; undefined where the address or the MAC is none. */
export function encodeProbeNeighbour(interfaceIndex: number, address: string, mac: string): Buffer | undefined {
  const message = encodeGetNeighbour(interfaceIndex, address)
  const bytes = parseMac(mac)
  if (message === undefined || bytes === undefined) return undefined
  message.writeUInt16LE(STATE_PROBE, STATE_OFFSET)
  return Buffer.concat([message, encodeAttribute(NDA_LLADDR, bytes)])
}

/** What an RTM_NEWNEIGH says of a neighbour: it answers, it does not, or it is being asked; undefined: none of these. */
export function parseNeighbourLife(payload: Buffer): 'lives' | 'silent' | 'asked' | undefined {
  if (payload.length < NDMSG_LENGTH) return undefined
  const state = payload.readUInt16LE(STATE_OFFSET)
  if ((state & STATE_REACHABLE) !== 0) return 'lives'
  if ((state & STATE_FAILED) !== 0) return 'silent'
  return (state & STATE_PROBE) !== 0 ? 'asked' : undefined
}

/** The MAC of an RTM_NEWNEIGH; undefined where the kernel has none, or it cannot be read. */
export function parseNeighbourMac(payload: Buffer): string | undefined {
  const mac = parseAttributes(payload, NDMSG_LENGTH)?.get(NDA_LLADDR)
  if (mac?.length !== MAC_BYTES || (payload.readUInt16LE(STATE_OFFSET) & KNOWN_STATES) === 0) return undefined
  return formatMac(mac)
}
