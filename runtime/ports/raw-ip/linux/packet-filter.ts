import koffi from 'koffi'

/**
 * Classic BPF (linux/filter.h): a program over a packet that says how many of its bytes a socket is given, 0 = the packet
 * is not for it. It may look at the network header even where the socket itself is given the payload only.
 *
 *     sock_filter   code(2) jump-if-true(1) jump-if-false(1) operand(4)
 *     sock_fprog    count(2) padding(6) address of the first sock_filter(8)
 */
const LOAD_WORD = 0x20
const LOAD_BYTE = 0x30
const JUMP_IF_EQUAL = 0x15
const RETURN = 0x06

/** SKF_NET_OFF: offsets from here on count from the network header. */
const NETWORK_HEADER = 0xfff00000
const IPV4_SOURCE = 12
const IPV6_NEXT_HEADER = 6
const IPV6_HOP_LIMIT = 7
const IPV6_DESTINATION = 24

/** RFC 8200 §4.3: what every router on the way looks at, and no neighbour's packet needs. */
const HOP_BY_HOP = 0

const INSTRUCTION_LENGTH = 8
/** Bytes of the option's value; what is behind them is reached by the pointer in it. */
export const FILTER_OPTION_LENGTH = 16
const WHOLE_PACKET = 0xffffffff

export type Instruction = readonly [code: number, jumpIfTrue: number, jumpIfFalse: number, operand: number]

/** What an IPv6 packet must be like to pass. */
interface Ipv6Filter {
  /** Sixteen bytes. */
  readonly destination: Uint8Array
  /**
   * To that destination, and whether with this hop limit and no hop-by-hop options, or with any other, or some. Missing: to any other
   * destination.
   */
  readonly header?: { readonly hopLimit: number; readonly plain: boolean }
}

/** The filter that keeps out what an IPv4 address, four bytes, has sent. As `ipv6Filter` for setsockopt. */
export function notFromIpv4(source: Uint8Array): Buffer {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength)
  const isSource: readonly Instruction[] = [
    [LOAD_WORD, 0, 0, NETWORK_HEADER + IPV4_SOURCE],
    [JUMP_IF_EQUAL, 0, 1, view.getUint32(0)],
  ]
  return filterOption([...isSource, ...RETURN_NONE, ...RETURN_ALL])
}

/** The filter for setsockopt(SO_ATTACH_FILTER), its length FILTER_OPTION_LENGTH. The kernel copies the program at the call. */
export function ipv6Filter({ destination, header }: Ipv6Filter): Buffer {
  const view = new DataView(destination.buffer, destination.byteOffset, destination.byteLength)
  const ends =
    header === undefined ? { equal: RETURN_NONE, other: RETURN_ALL } : { equal: headerTest(header), other: RETURN_NONE }
  const equalLength = ends.equal.length
  const words = [0, 4, 8, 12].flatMap((offset, word): Instruction[] => [
    [LOAD_WORD, 0, 0, NETWORK_HEADER + IPV6_DESTINATION + offset],
    // Past the words that remain, two instructions each, and past what follows an equal destination.
    [JUMP_IF_EQUAL, 0, 2 * (3 - word) + equalLength, view.getUint32(offset)],
  ])
  return filterOption([...words, ...ends.equal, ...ends.other])
}

const RETURN_ALL: readonly Instruction[] = [[RETURN, 0, 0, WHOLE_PACKET]]
const RETURN_NONE: readonly Instruction[] = [[RETURN, 0, 0, 0]]

function headerTest(header: NonNullable<Ipv6Filter['header']>): readonly Instruction[] {
  const [equal, other] = header.plain ? [RETURN_ALL, RETURN_NONE] : [RETURN_NONE, RETURN_ALL]
  return [
    [LOAD_BYTE, 0, 0, NETWORK_HEADER + IPV6_HOP_LIMIT],
    [JUMP_IF_EQUAL, 0, 3, header.hopLimit],
    [LOAD_BYTE, 0, 0, NETWORK_HEADER + IPV6_NEXT_HEADER],
    [JUMP_IF_EQUAL, 1, 0, HOP_BY_HOP],
    ...equal,
    ...other,
  ]
}

/** `struct sock_fprog` and right behind it the program that it points to: one buffer, so that neither outlives the other. */
export function filterOption(instructions: readonly Instruction[]): Buffer {
  const option = Buffer.alloc(FILTER_OPTION_LENGTH + instructions.length * INSTRUCTION_LENGTH)
  option.writeUInt16LE(instructions.length, 0)
  option.writeBigUInt64LE(koffi.address(option) + BigInt(FILTER_OPTION_LENGTH), 8)
  for (const [index, [code, jumpIfTrue, jumpIfFalse, operand]] of instructions.entries()) {
    const at = FILTER_OPTION_LENGTH + index * INSTRUCTION_LENGTH
    option.writeUInt16LE(code, at)
    option.writeUInt8(jumpIfTrue, at + 2)
    option.writeUInt8(jumpIfFalse, at + 3)
    option.writeUInt32LE(operand, at + 4)
  }
  return option
}
