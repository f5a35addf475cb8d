/**
 * The forwarders' system calls through koffi. Memory is passed as a number (`uintptr_t`): 40 ns less per call than a
 * Buffer, which koffi has to look into. Addresses of a 64-bit process are below 2^47, so a number holds them exactly.
 */

import { arch, constants } from 'node:os'
import koffi from 'koffi'
import { MAPPED } from '../../../table/client-key.ts'
import { held } from '../../process/linux/descriptors.ts'
import type { ListenOptions, Region, StreamSockets } from '../epoll.ts'
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  MSG_NOSIGNAL,
  MSG_TRUNC,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddrIpv4,
  sockaddrIpv6,
} from './libc.ts'

const SO_KEEPALIVE = 9
const SO_OOBINLINE = 10
const SO_LINGER = 13
const TCP_NODELAY = 1
const TCP_KEEPIDLE = 4
const TCP_KEEPINTVL = 5
const TCP_KEEPCNT = 6
const TCP_DEFER_ACCEPT = 9
const TCP_QUICKACK = 12
const IP_FREEBIND = 15
const IPV6_V6ONLY = 26
const IPV6_FREEBIND = 78
const MSG_PEEK = 2
const MSG_MORE = 0x8000
const SHUT_WR = 1
const EINPROGRESS = constants.errno.EINPROGRESS
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EPOLL_CLOEXEC = SOCK_CLOEXEC
const EFD_NONBLOCK = SOCK_NONBLOCK
const EFD_CLOEXEC = SOCK_CLOEXEC
const STREAM = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC

/** Most events of one `wait`. */
const EVENTS = 512
/** `struct epoll_event` is packed on x86-64 alone: {u32 events; u64 data} in 12 bytes; elsewhere data is aligned to 8. */
const EVENT_WORDS = arch() === 'x64' ? 3 : 4
const DATA_WORD = arch() === 'x64' ? 1 : 2

const libc = koffi.load(null)
type Call = (...parameters: number[]) => number
const call = (prototype: string): Call => libc.func(prototype) as unknown as Call

const socket = call('int socket(int, int, int)')
const bind = call('int bind(int, uintptr_t, uint32_t)')
const listen = call('int listen(int, int)')
const accept4 = call('int accept4(int, uintptr_t, uintptr_t, int)')
const connect = call('int connect(int, uintptr_t, uint32_t)')
const setsockopt = call('int setsockopt(int, int, int, uintptr_t, uint32_t)')
const recv = call('int recv(int, uintptr_t, size_t, int)')
const send = call('int send(int, uintptr_t, size_t, int)')
const shutdown = call('int shutdown(int, int)')
const close = call('int close(int)')
const read = call('int read(int, uintptr_t, size_t)')
const write = call('int write(int, uintptr_t, size_t)')
const eventfd = call('int eventfd(uint32_t, int)')
const epollCreate1 = call('int epoll_create1(int)')
const epollCtl = call('int epoll_ctl(int, int, int, uintptr_t)')
const epollWait = call('int epoll_wait(int, uintptr_t, int, int)')

const checked = (result: number): number => (result < 0 ? -koffi.errno() : result)

function allocate(byteLength: number): Region {
  const bytes = new Uint8Array(new ArrayBuffer(byteLength))
  return { bytes, address: Number(koffi.address(bytes)) }
}

function region(content: Uint8Array): Region {
  const made = allocate(content.length)
  made.bytes.set(content)
  return made
}

/** The real thing. One per thread: its events and scratch memory are used by one call at a time. */
export function linuxStreamSockets(): StreamSockets {
  return new LinuxStreamSockets()
}

class LinuxStreamSockets implements StreamSockets {
  readonly peer = new Uint32Array(5)
  readonly #on = region(Uint8Array.of(1, 0, 0, 0))
  readonly #off = region(Uint8Array.of(0, 0, 0, 0))
  /** struct linger {on, 0 seconds}: close sends a RST. */
  readonly #lingerZero = region(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0))
  readonly #one = region(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0))
  readonly #eight = allocate(8)
  readonly #word = allocate(4)
  readonly #wordValue = new Int32Array(this.#word.bytes.buffer)
  readonly #sockaddr = allocate(28)
  readonly #sockaddrView = new DataView(this.#sockaddr.bytes.buffer)
  readonly #sockaddrLength = allocate(4)
  readonly #sockaddrLengthWord = new Uint32Array(this.#sockaddrLength.bytes.buffer)
  readonly #event = allocate(16)
  readonly #eventWords = new Int32Array(this.#event.bytes.buffer)
  readonly #events = allocate(EVENTS * EVENT_WORDS * 4)
  readonly #eventsWords = new Int32Array(this.#events.bytes.buffer)

  allocate(byteLength: number): Region {
    return allocate(byteLength)
  }

  socketAddress(key: ListenOptions['key'], port: number): Region {
    const bytes = new Uint8Array(16)
    for (const [at, word] of key.entries()) new DataView(bytes.buffer).setUint32(at * 4, word)
    const mapped = key[0] === 0 && key[1] === 0 && key[2] === MAPPED
    return region(mapped ? sockaddrIpv4(bytes.subarray(12), port) : sockaddrIpv6(bytes, port))
  }

  listen(options: ListenOptions): number {
    const address = this.socketAddress(options.key, options.port)
    const ipv6 = address.bytes.length === 28
    const fd = checked(socket(ipv6 ? AF_INET6 : AF_INET, STREAM, 0))
    if (fd < 0) return fd
    const set = (level: number, option: number) => checked(setsockopt(fd, level, option, this.#on.address, 4))
    set(SOL_SOCKET, SO_REUSEADDR)
    set(SOL_SOCKET, SO_OOBINLINE)
    set(IPPROTO_TCP, TCP_NODELAY)
    if (options.awaitBytes) set(IPPROTO_TCP, TCP_DEFER_ACCEPT)
    if (ipv6) set(IPPROTO_IPV6, IPV6_V6ONLY)
    let result = set(SOL_SOCKET, SO_REUSEPORT)
    if (result >= 0) result = ipv6 ? set(IPPROTO_IPV6, IPV6_FREEBIND) : set(IPPROTO_IP, IP_FREEBIND)
    if (result >= 0) result = checked(bind(fd, address.address, address.bytes.length))
    if (result >= 0) result = checked(listen(fd, options.backlog))
    if (result >= 0) return fd
    close(fd)
    return result
  }

  accept(listener: number): number {
    this.#sockaddrLengthWord[0] = 28
    const fd = accept4(listener, this.#sockaddr.address, this.#sockaddrLength.address, SOCK_NONBLOCK | SOCK_CLOEXEC)
    if (fd < 0) return -koffi.errno()
    const view = this.#sockaddrView
    const peer = this.peer
    peer[4] = view.getUint16(2)
    if (view.getUint16(0, true) === AF_INET) {
      peer[0] = 0
      peer[1] = 0
      peer[2] = MAPPED
      peer[3] = view.getUint32(4)
    } else {
      for (let word = 0; word < 4; word++) peer[word] = view.getUint32(8 + word * 4)
    }
    return fd
  }

  connect(address: Region, bytesFollow: boolean): number {
    const length = address.bytes.length
    const fd = checked(socket(length === 28 ? AF_INET6 : AF_INET, STREAM, 0))
    if (fd < 0) return fd
    if (bytesFollow) setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, this.#off.address, 4)
    if (connect(fd, address.address, length) >= 0) return fd
    const errno = koffi.errno()
    if (errno === EINPROGRESS) return fd
    close(fd)
    return -errno
  }

  setNoDelay(fd: number): number {
    return checked(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, this.#on.address, 4))
  }

  setKeepAlive(fd: number, idleS: number, intervalS: number, probes: number): number {
    if (idleS === 0) return checked(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, this.#off.address, 4))
    const set = (option: number, value: number): void => {
      this.#wordValue[0] = value
      setsockopt(fd, IPPROTO_TCP, option, this.#word.address, 4)
    }
    set(TCP_KEEPINTVL, intervalS)
    set(TCP_KEEPCNT, probes)
    const result = checked(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, this.#on.address, 4))
    // After it is on: only then does the kernel take off the time that the connection has been silent already.
    set(TCP_KEEPIDLE, idleS)
    return result
  }

  recv(fd: number, into: Region, length: number): number {
    const count = recv(fd, into.address, length, 0)
    return count < 0 ? -koffi.errno() : count
  }

  peek(fd: number, into: Region, length: number): number {
    return checked(recv(fd, into.address, length, MSG_PEEK))
  }

  discard(fd: number, length: number): number {
    return checked(recv(fd, 0, length, MSG_TRUNC))
  }

  send(fd: number, from: Region, offset: number, length: number, cork: boolean): number {
    const flags = cork ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL
    const count = send(fd, from.address + offset, length, flags)
    return count < 0 ? -koffi.errno() : count
  }

  shutdownWrite(fd: number): number {
    return checked(shutdown(fd, SHUT_WR))
  }

  close(fd: number): number {
    return checked(close(fd))
  }

  reset(fd: number): number {
    setsockopt(fd, SOL_SOCKET, SO_LINGER, this.#lingerZero.address, 8)
    return checked(close(fd))
  }

  createQueue(): number {
    return held(checked(epollCreate1(EPOLL_CLOEXEC)))
  }

  watch(queue: number, fd: number, events: number, tag: number, generation: number): number {
    this.#eventWords[0] = events
    this.#eventWords[DATA_WORD] = tag
    this.#eventWords[DATA_WORD + 1] = generation
    return checked(epollCtl(queue, EPOLL_CTL_ADD, fd, this.#event.address))
  }

  unwatch(queue: number, fd: number): number {
    return checked(epollCtl(queue, EPOLL_CTL_DEL, fd, 0))
  }

  wait(queue: number, timeoutMs: number): number {
    return checked(epollWait(queue, this.#events.address, EVENTS, timeoutMs))
  }

  eventMask(index: number): number {
    return this.#eventsWords[index * EVENT_WORDS]!
  }

  eventTag(index: number): number {
    return this.#eventsWords[index * EVENT_WORDS + DATA_WORD]!
  }

  eventGeneration(index: number): number {
    return this.#eventsWords[index * EVENT_WORDS + DATA_WORD + 1]!
  }

  createWakeUp(): number {
    return held(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)))
  }

  wake(wakeUp: number): number {
    return checked(write(wakeUp, this.#one.address, 8))
  }

  clearWakeUp(wakeUp: number): number {
    return checked(read(wakeUp, this.#eight.address, 8))
  }
}
