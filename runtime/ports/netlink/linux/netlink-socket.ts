import { done, type Result, refused } from '../../result.ts'
import {
  AF_NETLINK,
  close,
  errnoName,
  errnoRefusal,
  lastErrno,
  lastFailure,
  MSG_TRUNC,
  recv,
  SO_RCVTIMEO,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_SOCKET,
  sendto,
  setsockopt,
  sockaddrNetlink,
  socket,
  timevalOption,
} from '../../sockets/linux/libc.ts'
import { encodeMessage, type NetlinkMessage, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST } from './netlink-messages.ts'
import { NetlinkReply } from './netlink-reply.ts'

/** The kernel answers within the system call, so a wait of this length means that it never will. */
const RECEIVE_TIMEOUT_MS = 1000
/** The kernel fills at most 32 KiB a datagram. */
const RECEIVE_BUFFER_BYTES = 65_536
/** A dump that is interrupted this often in a row is given up. */
const DUMP_ATTEMPTS = 5

const KERNEL = sockaddrNetlink()

type Parse<Value> = (message: NetlinkMessage) => Value | undefined

/** A netlink socket for requests that the kernel answers at once. No call waits longer than a second for it. */
export class NetlinkSocket {
  readonly #fd: number
  readonly #buffer = Buffer.alloc(RECEIVE_BUFFER_BYTES)
  #sequence = 0
  #closed = false

  private constructor(fd: number) {
    this.#fd = fd
  }

  /** `protocol` is NETLINK_ROUTE, NETLINK_SOCK_DIAG or NETLINK_NETFILTER. */
  static open(protocol: number): Result<NetlinkSocket> {
    const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)
    if (fd < 0) return lastFailure('netlink socket')
    const timeout = timevalOption(RECEIVE_TIMEOUT_MS)
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.length) < 0) {
      const failure = lastFailure('netlink socket: SO_RCVTIMEO')
      close(fd)
      return failure
    }
    return { ok: true, value: new NetlinkSocket(fd) }
  }

  /** One request that is acknowledged, with what `parse` makes of the messages before the acknowledgement. */
  request<Value>(type: number, flags: number, payload: Uint8Array, parse: Parse<Value>): Result<readonly Value[]> {
    return this.#exchange(type, flags | NLM_F_ACK, payload, parse)
  }

  /** A whole table; asked for again where it changed meanwhile. */
  dump<Value>(type: number, payload: Uint8Array, parse: Parse<Value>): Result<readonly Value[]> {
    for (let attempt = 1; ; attempt++) {
      const outcome = this.#exchange(type, NLM_F_DUMP, payload, parse)
      if (outcome.ok || outcome.code !== 'EINTR' || attempt === DUMP_ATTEMPTS) return outcome
    }
  }

  /**
   * A table that may be long: `take` gets each message, with other work after each datagram, until it answers false; then the socket is of
   * no use any more. The table may change meanwhile.
   */
  async dumpInTurns(type: number, payload: Uint8Array, take: (message: NetlinkMessage) => boolean): Promise<Result> {
    let wantsMore = true
    const reply = new NetlinkReply<never>(this.#nextSequence(), (message) => {
      wantsMore &&= take(message)
      return undefined
    })
    const sent = this.#send(type, NLM_F_DUMP, payload)
    if (!sent.ok) return sent
    for (;;) {
      const datagram = this.#receive()
      if (!datagram.ok) return datagram
      const outcome = reply.take(datagram.value)
      if (outcome?.ok === false && outcome.code !== 'EINTR') return outcome
      if (outcome !== undefined || !wantsMore) return done
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (this.#closed) return refused('EBADF', 'netlink: the socket is closed')
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    close(this.#fd)
  }

  #exchange<Value>(type: number, flags: number, payload: Uint8Array, parse: Parse<Value>): Result<readonly Value[]> {
    const reply = new NetlinkReply(this.#nextSequence(), parse)
    const sent = this.#send(type, flags, payload)
    if (!sent.ok) return sent
    for (;;) {
      const datagram = this.#receive()
      if (!datagram.ok) return datagram
      const outcome = reply.take(datagram.value)
      if (outcome !== undefined) return outcome
    }
  }

  #nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0
    return this.#sequence
  }

  #send(type: number, flags: number, payload: Uint8Array): Result {
    if (this.#closed) return refused('EBADF', 'netlink: the socket is closed')
    const request = encodeMessage(type, flags | NLM_F_REQUEST, this.#sequence, payload)
    const sent = sendto(this.#fd, request, request.length, 0, KERNEL, KERNEL.length)
    return sent < 0 ? lastFailure('netlink send') : done
  }

  #receive(): Result<Buffer> {
    for (;;) {
      // MSG_TRUNC: the length that the datagram has, not the length that found room.
      const length = recv(this.#fd, this.#buffer, this.#buffer.length, MSG_TRUNC)
      if (length > this.#buffer.length) return refused('EMSGSIZE', `netlink: a reply of ${length} bytes was cut off`)
      if (length >= 0) return { ok: true, value: this.#buffer.subarray(0, length) }
      const errno = lastErrno()
      if (errnoName(errno) === 'EAGAIN') return refused('ETIMEDOUT', 'netlink: the kernel did not answer')
      if (errnoName(errno) !== 'EINTR') return errnoRefusal('netlink receive', errno)
    }
  }
}
