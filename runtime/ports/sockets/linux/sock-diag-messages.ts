/**
 * sock_diag for TCP (linux/inet_diag.h) as bytes. The parts that are used here, ports in network order:
 *
 *     inet_diag_req_v2   family(1) protocol(1) extensions(1) pad(1) states(4) id(48)
 *     inet_diag_msg      family(1) state(1) timer(1) retrans(1) id(48) ...(20) attributes
 *     inet_diag_sockid   localPort(2) peerPort(2) local(16) peer(16) interface(4) cookie(8)
 */

import { addressText } from '../../../wire/ip-address-bytes.ts'
import { encodeAttribute, parseAttributes } from '../../netlink/linux/netlink-messages.ts'
import type { Listener } from '../socket-table.ts'
import { AF_INET, AF_INET6, IPPROTO_TCP } from './libc.ts'

export const SOCK_DIAG_BY_FAMILY = 20
export const SOCK_DESTROY = 21

/** `unfinished`: every state in which something may still come or go; not TIME_WAIT. */
export type TcpState = 'established' | 'listen' | 'unfinished'

const [ESTABLISHED, SYN_RECEIVED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, LAST_ACK, LISTEN, CLOSING] = [
  1, 3, 4, 5, 8, 9, 10, 11,
] as const
const UNFINISHED = [ESTABLISHED, SYN_RECEIVED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, LAST_ACK, CLOSING]
const STATE_BITS: Readonly<Record<TcpState, number>> = {
  established: 1 << ESTABLISHED,
  listen: 1 << LISTEN,
  unfinished: UNFINISHED.reduce((bits, state) => bits | (1 << state), 0),
}
const REQUEST_LENGTH = 56
const REPLY_LENGTH = 72
const LOCAL_PORT_OFFSET = 4
const LOCAL_ADDRESS_OFFSET = 8
const PEER_PORT_OFFSET = 6
const PEER_ADDRESS_OFFSET = 24
const ID_LENGTH = 48
const INODE_OFFSET = 68
/** In tcp_info, in ms ago: `tcpi_last_data_recv`, `tcpi_last_ack_recv`. */
const LAST_DATA_RECEIVED_OFFSET = 52
const LAST_ACK_RECEIVED_OFFSET = 56
const INFO_LENGTH = 60
const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex')

const INET_DIAG_REQ_BYTECODE = 1
/** struct tcp_info. */
const INET_DIAG_INFO = 2
const INET_DIAG_SKV6ONLY = 11

const OPERATION_JUMP = 1
/** Local port equals; Linux >= 4.16. */
const OPERATION_LOCAL_PORT_IS = 11
const OPERATION_LENGTH = 4
/** Local-port test, its operand, and the jump that accepts. */
const PORT_LENGTH = 3 * OPERATION_LENGTH

/** Jump offsets are 16 bits wide. */
export const FILTER_PORTS_MAX = Math.floor(0xffff / PORT_LENGTH) - 1

/**
 * A dump of TCP sockets in one state and of one family; with `localPorts` (1..FILTER_PORTS_MAX of them) the kernel gives
 * only the sockets on those; `withInfo`: with what `parseEnds` needs.
 */
export function encodeSocketRequest(
  family: 4 | 6,
  state: TcpState,
  localPorts?: readonly number[],
  withInfo = false,
): Buffer {
  const request = Buffer.alloc(REQUEST_LENGTH)
  request[0] = family === 4 ? AF_INET : AF_INET6
  request[1] = IPPROTO_TCP
  if (withInfo) request[2] = 1 << (INET_DIAG_INFO - 1)
  request.writeUInt32LE(STATE_BITS[state], 4)
  if (!localPorts) return request
  return Buffer.concat([request, encodeAttribute(INET_DIAG_REQ_BYTECODE, encodePortFilter(localPorts))])
}

/**
 * The kernel's filter program: operations of 4 bytes, `code(1) yes(1) no(2)`, where yes and no say how many bytes to go
 * on by. It accepts by arriving exactly at the end and rejects by going beyond it. For each port:
 *
 *     local port is?  yes: +8, to the jump    no: +12, to the next port (after the last: beyond the end)
 *     operand         the port, in `no`
 *     jump            no: to the end
 */
function encodePortFilter(ports: readonly number[]): Buffer {
  const program = Buffer.alloc(ports.length * PORT_LENGTH)
  ports.forEach((port, index) => {
    const at = index * PORT_LENGTH
    const isLast = index === ports.length - 1
    program[at] = OPERATION_LOCAL_PORT_IS
    program[at + 1] = 2 * OPERATION_LENGTH
    program.writeUInt16LE(PORT_LENGTH + (isLast ? OPERATION_LENGTH : 0), at + 2)
    program.writeUInt16LE(port, at + OPERATION_LENGTH + 2)
    program[at + 2 * OPERATION_LENGTH] = OPERATION_JUMP
    program[at + 2 * OPERATION_LENGTH + 1] = OPERATION_LENGTH
    program.writeUInt16LE(program.length - at - 2 * OPERATION_LENGTH, at + 2 * OPERATION_LENGTH + 2)
  })
  return program
}

/** Both addresses of a connection as they are compared: 4 or 16 bytes as characters, IPv4 also where an IPv6 listener accepted it. */
export interface ConnectionKeys {
  readonly local: string
  readonly peer: string
}

/** Undefined where the reply cannot be read. No text is made: there may be many. */
export function parseKeys(payload: Buffer): ConnectionKeys | undefined {
  if (payload.length < REPLY_LENGTH) return undefined
  const length = payload[0] === AF_INET ? 4 : 16
  const read = (at: number) => payload.toString('latin1', isMappedAt(payload, at, length) ? at + 12 : at, at + length)
  return { local: read(LOCAL_ADDRESS_OFFSET), peer: read(PEER_ADDRESS_OFFSET) }
}

const isMappedAt = (payload: Buffer, at: number, length: number): boolean =>
  length === 16 && MAPPED_PREFIX.compare(payload, at, at + MAPPED_PREFIX.length) === 0

/** Both ends of a connection, IPv4 also where an IPv6 listener accepted it. */
export interface ConnectionEnds {
  readonly local: string
  readonly localPort: number
  readonly peer: string
  readonly peerPort: number
  /** Since a segment of the peer has arrived, in ms. */
  readonly silentMs: number
}

/** Undefined where the reply cannot be read. */
export function parseEnds(payload: Buffer): ConnectionEnds | undefined {
  if (payload.length < REPLY_LENGTH) return undefined
  const read = (at: number) =>
    endText(payload[0] === AF_INET ? payload.subarray(at, at + 4) : payload.subarray(at, at + 16))
  const [local, peer] = [read(LOCAL_ADDRESS_OFFSET), read(PEER_ADDRESS_OFFSET)]
  const info = parseAttributes(payload, REPLY_LENGTH)?.get(INET_DIAG_INFO)
  if (local === undefined || peer === undefined || info === undefined || info.length < INFO_LENGTH) return undefined
  const silentMs = Math.min(info.readUInt32LE(LAST_DATA_RECEIVED_OFFSET), info.readUInt32LE(LAST_ACK_RECEIVED_OFFSET))
  const [localPort, peerPort] = [payload.readUInt16BE(LOCAL_PORT_OFFSET), payload.readUInt16BE(PEER_PORT_OFFSET)]
  return { local, localPort, peer, peerPort, silentMs }
}

/** A connection that is not over yet. */
export interface UnfinishedConnection {
  readonly family: 4 | 6
  readonly local: string
  readonly peer: string
  /** What the kernel knows it by. */
  readonly id: Buffer
}

/**
 * Undefined where the reply cannot be read, and for what is over but for the peer's word: a FIN_WAIT_2 that no program holds has sent all
 * that it had, and it was received.
 */
export function parseUnfinished(payload: Buffer): UnfinishedConnection | undefined {
  if (payload.length < REPLY_LENGTH) return undefined
  if (payload[1] === FIN_WAIT_2 && payload.readUInt32LE(INODE_OFFSET) === 0) return undefined
  const family = payload[0] === AF_INET ? 4 : 6
  const read = (at: number) => endText(payload.subarray(at, at + (family === 4 ? 4 : 16)))
  const [local, peer] = [read(LOCAL_ADDRESS_OFFSET), read(PEER_ADDRESS_OFFSET)]
  if (local === undefined || peer === undefined) return undefined
  return { family, local, peer, id: Buffer.from(payload.subarray(LOCAL_PORT_OFFSET, LOCAL_PORT_OFFSET + ID_LENGTH)) }
}

/** The order to reset that connection. */
export function encodeDestruction({ family, id }: UnfinishedConnection): Buffer {
  const request = Buffer.alloc(REQUEST_LENGTH)
  request[0] = family === 4 ? AF_INET : AF_INET6
  request[1] = IPPROTO_TCP
  request.writeUInt32LE(STATE_BITS.unfinished, 4)
  request.set(id, REQUEST_LENGTH - ID_LENGTH)
  return request
}

/** RFC 4291 §2.5.5.2: ::ffff:a.b.c.d is a.b.c.d. */
function endText(bytes: Buffer): string | undefined {
  const isMapped = bytes.length === 16 && MAPPED_PREFIX.equals(bytes.subarray(0, MAPPED_PREFIX.length))
  return addressText(isMapped ? bytes.subarray(MAPPED_PREFIX.length) : bytes)
}

/** A listening socket; undefined where the reply cannot be read. */
export function parseListener(payload: Buffer): Listener | undefined {
  const attributes = parseAttributes(payload, REPLY_LENGTH)
  const family = payload[0] === AF_INET ? 4 : payload[0] === AF_INET6 ? 6 : undefined
  if (!attributes || !family) return undefined
  const address = addressText(payload.subarray(LOCAL_ADDRESS_OFFSET, LOCAL_ADDRESS_OFFSET + (family === 4 ? 4 : 16)))
  if (address === undefined) return undefined
  const v6Only = family === 6 && attributes.get(INET_DIAG_SKV6ONLY)?.[0] === 1
  return { family, address, port: payload.readUInt16BE(LOCAL_PORT_OFFSET), v6Only }
}
