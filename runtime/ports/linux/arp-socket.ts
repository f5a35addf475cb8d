import { parseArp } from '../../wire/arp.ts'
import type { KernelEvent } from '../kernel-events.ts'
import { done, type Result } from '../result.ts'
import {
  AF_PACKET,
  bind,
  close,
  intOption,
  lastFailure,
  MSG_DONTWAIT,
  recv,
  SO_ATTACH_FILTER,
  SO_RCVBUF,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
  setsockopt,
  sockaddrLinkLayer,
  socket,
  sockFprog,
} from './libc.ts'

const ETHERTYPE_ARP = 0x0806
/** An ARP frame is 42 bytes, 60 with its padding. */
const FRAME_BYTES = 64
/** Some two hundred frames as the kernel counts them: what a flood brings beyond is dropped there. */
const RECEIVE_BUFFER_BYTES = 128 * 1024

/**
 * Lets through what tells who has an address: replies, and announcements (sender address = target address). The requests
 * of a busy subnet never leave the kernel. Classic BPF, {u16 code, u8 jumpTrue, u8 jumpFalse, u32 k} each.
 */
const REPLIES_AND_ANNOUNCEMENTS: readonly (readonly [number, number, number, number])[] = [
  [0x28, 0, 0, 20], //  0 ldh [20]     operation
  [0x15, 5, 0, 2], //   1 jeq 2        reply: accept
  [0x15, 0, 5, 1], //   2 jeq 1        neither that nor a request: drop
  [0x20, 0, 0, 28], //  3 ld [28]      sender address
  [0x07, 0, 0, 0], //   4 tax
  [0x20, 0, 0, 38], //  5 ld [38]      target address
  [0x1d, 0, 1, 0], //   6 jeq x        the same: accept
  [0x06, 0, 0, FRAME_BYTES], // 7 ret
  [0x06, 0, 0, 0], //   8 drop
]

/** An AF_PACKET socket on one interface that receives ARP replies and announcements only. Nothing of it ever blocks. */
export class ArpSocket {
  readonly fd: number
  readonly #frame = Buffer.alloc(FRAME_BYTES)

  private constructor(fd: number) {
    this.fd = fd
  }

  static open(interfaceIndex: number): Result<ArpSocket> {
    // Protocol 0 receives nothing until it is bound: no frame slips in before the filter is there.
    const fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)
    if (fd < 0) return lastFailure('packet socket')
    const prepared = prepare(fd, interfaceIndex)
    if (prepared.ok) return { ok: true, value: new ArpSocket(fd) }
    close(fd)
    return prepared
  }

  /** The next frame that has arrived; undefined when there is none. What is no ARP over Ethernet gives null. */
  take(): KernelEvent | null | undefined {
    const length = recv(this.fd, this.#frame, FRAME_BYTES, MSG_DONTWAIT)
    // An interface that goes down reports that once (ENETDOWN), like an empty queue: the frames go on when it is up again.
    if (length < 0) return undefined
    const parsed = parseArp(this.#frame.subarray(0, length))
    if (!parsed.ok) return null
    const { operation, senderAddress, senderMac, targetMac, targetAddress } = parsed.arp
    const form = operation === 'request' || senderAddress === targetAddress ? 'announcement' : 'reply'
    return { type: 'arp', form, senderAddress, senderMac, targetMac }
  }

  close(): void {
    close(this.fd)
  }
}

function prepare(fd: number, interfaceIndex: number): Result {
  const program = Buffer.alloc(REPLIES_AND_ANNOUNCEMENTS.length * 8)
  for (const [index, [code, jumpTrue, jumpFalse, k]] of REPLIES_AND_ANNOUNCEMENTS.entries()) {
    program.writeUInt16LE(code, index * 8)
    program[index * 8 + 2] = jumpTrue
    program[index * 8 + 3] = jumpFalse
    program.writeUInt32LE(k, index * 8 + 4)
  }
  const filter = sockFprog(program)
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter, filter.length) < 0) {
    return lastFailure('packet socket: SO_ATTACH_FILTER')
  }
  const room = intOption(RECEIVE_BUFFER_BYTES)
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, room, room.length)
  const address = sockaddrLinkLayer(interfaceIndex, ETHERTYPE_ARP, new Uint8Array(6))
  return bind(fd, address, address.length) < 0 ? lastFailure(`packet socket on interface ${interfaceIndex}`) : done
}
