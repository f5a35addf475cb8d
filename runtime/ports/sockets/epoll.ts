/**
 * Stream sockets and epoll for the forwarders' loop. Unlike the other ports this one returns bare numbers, because it is
 * called several times per packet: 0 or more is the system call's result, less than 0 is `-errno`. Nothing here
 * allocates but `allocate` and `socketAddress`; no call but `wait` blocks.
 */

/** Memory that system calls read and write in place. `address` is where `bytes` begin; it stays valid while this lives. */
export interface Region {
  readonly bytes: Uint8Array
  readonly address: number
}

/** Bits of `eventMask`, and of what is watched for. */
export const READABLE = 0x1
/** Urgent data is there. */
export const PRIORITY = 0x2
export const WRITABLE = 0x4
export const ERROR = 0x8
export const HANGUP = 0x10
/** The other end will send no more. */
export const PEER_CLOSED = 0x2000
/** An event per change, not per wait. */
export const EDGE_TRIGGERED = 0x8000_0000

/** Where to listen. */
export interface ListenOptions {
  /** Key words as in the connection table. */
  readonly key: readonly [number, number, number, number]
  readonly port: number
  readonly backlog: number
  /** Connections are ready to be accepted once their first bytes are there, or after a second (TCP_DEFER_ACCEPT). */
  readonly awaitBytes: boolean
}

export interface StreamSockets {
  allocate(byteLength: number): Region
  /** A `struct sockaddr` for `connect`. */
  socketAddress(key: readonly [number, number, number, number], port: number): Region

  /**
   * A listening socket, its port shared with other threads (SO_REUSEPORT), on an address that need not be there yet
   * (IP_FREEBIND). Connections inherit from it TCP_NODELAY and SO_OOBINLINE: an urgent byte is a byte like the others.
   */
  listen(options: ListenOptions): number
  /** The next connection; who it is from is in `peer`. */
  accept(listener: number): number
  /** Key words and port of the last accepted connection. */
  readonly peer: Uint32Array
  /**
   * A socket that is connecting: WRITABLE tells that it is connected, ERROR that it failed. `bytesFollow`: the first ones
   * will be sent at once, so the last packet of the handshake waits for them, 200 ms at most.
   */
  connect(address: Region, bytesFollow: boolean): number
  /** TCP_NODELAY. */
  setNoDelay(fd: number): number
  /**
   * TCP keep-alive: after `idleS` without a word of the other end it is asked, `probes` times, every `intervalS`; one that
   * never answers is an ERROR of the socket (ETIMEDOUT). 0 for `idleS` = no more of it.
   */
  setKeepAlive(fd: number, idleS: number, intervalS: number, probes: number): number

  recv(fd: number, into: Region, length: number): number
  /** Like `recv`, but what was read stays to be read. */
  peek(fd: number, into: Region, length: number): number
  /** Reads that many bytes into nowhere. */
  discard(fd: number, length: number): number
  /** `cork`: hold it back a moment, for a FIN that follows at once (MSG_MORE). */
  send(fd: number, from: Region, offset: number, length: number, cork: boolean): number
  /** No more will be sent. */
  shutdownWrite(fd: number): number
  close(fd: number): number
  /** Closes so that the other end gets a RST. */
  reset(fd: number): number

  /** An epoll instance; `tag` and `generation` come back with each event. */
  createQueue(): number
  watch(queue: number, fd: number, events: number, tag: number, generation: number): number
  unwatch(queue: number, fd: number): number
  /** Waits for events; the count. */
  wait(queue: number, timeoutMs: number): number
  eventMask(index: number): number
  eventTag(index: number): number
  eventGeneration(index: number): number

  /** An eventfd: READABLE after `wake`, which any thread of the process may call with its number. */
  createWakeUp(): number
  wake(wakeUp: number): number
  /** Makes it unreadable again. */
  clearWakeUp(wakeUp: number): number
}
