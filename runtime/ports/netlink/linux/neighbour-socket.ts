import { parseArp } from '../../../wire/arp.ts'
import { parseNeighbourAdvertisement } from '../../../wire/neighbour-advertisement.ts'
import { FILTER_OPTION_LENGTH, filterOption, type Instruction } from '../../raw-ip/linux/packet-filter.ts'
import { done, type Result } from '../../result.ts'
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
} from '../../sockets/linux/libc.ts'
import type { NeighbourSighting } from '../kernel-events.ts'

/** Of an ARP frame there are 42 bytes, 60 with its padding; of an advertisement 86, and options that nobody sends. */
const FRAME_BYTES = 128
/** Some two hundred frames as the kernel counts them: what a flood brings beyond is dropped there. */
const RECEIVE_BUFFER_BYTES = 128 * 1024

/** What is listened to: an Ethernet protocol, the frames of it that the kernel lets through, and what they say. */
interface NeighbourProtocol {
  readonly etherType: number
  readonly filter: readonly Instruction[]
  /** Null: nothing of the kind. */
  readonly read: (frame: Uint8Array) => NeighbourSighting | null
}

/**
 * ARP that tells who has an address: replies, and announcements (sender address = target address). The requests of a busy
 * subnet never leave the kernel.
 */
export const ARP: NeighbourProtocol = {
  etherType: 0x0806,
  filter: [
    [0x28, 0, 0, 20], //  0 ldh [20]     operation
    [0x15, 5, 0, 2], //   1 jeq 2        reply: accept
    [0x15, 0, 5, 1], //   2 jeq 1        neither that nor a request: drop
    [0x20, 0, 0, 28], //  3 ld [28]      sender address
    [0x07, 0, 0, 0], //   4 tax
    [0x20, 0, 0, 38], //  5 ld [38]      target address
    [0x1d, 0, 1, 0], //   6 jeq x        the same: accept
    [0x06, 0, 0, FRAME_BYTES], // 7 ret
    [0x06, 0, 0, 0], //   8 drop
  ],
  read: (frame) => {
    const parsed = parseArp(frame)
    if (!parsed.ok) return null
    const { operation, senderAddress, senderMac, targetMac, targetAddress } = parsed.arp
    const form = operation === 'request' || senderAddress === targetAddress ? 'announcement' : 'reply'
    return { form, senderAddress, senderMac, targetMac }
  },
}

/** Neighbour advertisements, which are the same for IPv6. */
export const NEIGHBOUR_ADVERTISEMENTS: NeighbourProtocol = {
  etherType: 0x86dd,
  filter: [
    [0x30, 0, 0, 20], //  0 ldb [20]     next header
    [0x15, 0, 5, 58], //  1 jeq 58       not ICMPv6: drop
    [0x30, 0, 0, 54], //  2 ldb [54]     type
    [0x15, 0, 3, 136], // 3 jeq 136      no advertisement: drop
    [0x30, 0, 0, 21], //  4 ldb [21]     hop limit
    [0x15, 0, 1, 255], // 5 jeq 255      from beyond this link: drop
    [0x06, 0, 0, FRAME_BYTES], // 6 ret
    [0x06, 0, 0, 0], //   7 drop
  ],
  read: (frame) => {
    const parsed = parseNeighbourAdvertisement(frame)
    if (!parsed.ok) return null
    const { solicited, target, mac, destinationMac } = parsed.advertisement
    return {
      form: solicited ? 'reply' : 'announcement',
      senderAddress: target,
      senderMac: mac,
      targetMac: destinationMac,
    }
  },
}

/** An AF_PACKET socket on one interface that receives what tells who has an address. Nothing of it ever blocks. */
export class NeighbourSocket {
  readonly fd: number
  readonly #protocol: NeighbourProtocol
  readonly #frame = Buffer.alloc(FRAME_BYTES)

  private constructor(fd: number, protocol: NeighbourProtocol) {
    this.fd = fd
    this.#protocol = protocol
  }

  static open(interfaceIndex: number, protocol: NeighbourProtocol): Result<NeighbourSocket> {
    // Protocol 0 receives nothing until it is bound: no frame slips in before the filter is there.
    const fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)
    if (fd < 0) return lastFailure('packet socket')
    const prepared = prepare(fd, interfaceIndex, protocol)
    if (prepared.ok) return { ok: true, value: new NeighbourSocket(fd, protocol) }
    close(fd)
    return prepared
  }

  /** What the next frame that has arrived says; undefined when there is none, null where it says nothing. */
  take(): NeighbourSighting | null | undefined {
    const length = recv(this.fd, this.#frame, FRAME_BYTES, MSG_DONTWAIT)
    // An interface that goes down reports that once (ENETDOWN), like an empty queue: the frames go on when it is up again.
    return length < 0 ? undefined : this.#protocol.read(this.#frame.subarray(0, length))
  }

  close(): void {
    close(this.fd)
  }
}

function prepare(fd: number, interfaceIndex: number, { filter, etherType }: NeighbourProtocol): Result {
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, filterOption(filter), FILTER_OPTION_LENGTH) < 0) {
    return lastFailure('packet socket: SO_ATTACH_FILTER')
  }
  const room = intOption(RECEIVE_BUFFER_BYTES)
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, room, room.length)
  const address = sockaddrLinkLayer(interfaceIndex, etherType, new Uint8Array(6))
  return bind(fd, address, address.length) < 0 ? lastFailure(`packet socket on interface ${interfaceIndex}`) : done
}
