import type { Region, StreamSockets } from '../../runtime/ports/sockets/epoll.ts'
import type { ConnectionTable } from '../../runtime/table/connection-table.ts'
import type { ForwarderCounter } from '../../runtime/table/layout.ts'
import { OWN_DESCRIPTORS } from '../../runtime/table/layout.ts'
import type { ChunkPool } from './chunk-pool.ts'

/** A connection has two ends: `2 * connection` is the client's, `2 * connection + 1` the node's. */
export const NODE_END = 1

export const FREE = 0
export const CONNECTING = 1
export const OPEN = 2

/** Both ends have sent something. */
export const BOTH_SPOKE = 3

/** Flags of an end. */
export const READY = 1 //          there may be something to read
export const CLOSING = 2 //        its peer said that it will send no more
export const ENDED = 4 //          and everything was read
export const BLOCKED = 8 //        it takes no more bytes at present
export const QUEUED = 16 //        it waits for another turn; outlives the connection, as the list does
export const LAST_SENT = 32 //     it is to be told that no more will come
export const URGENT = 64 //        its peer sent urgent data, at whose mark every read stops short
export const BROKEN = 128 //       its peer broke off; what came before may still be read, and then the error

/**
 * The connections of one forwarder, as columns of numbers, so that none is an object and nothing is allocated for one.
 * The descriptors are in the shared table, where they survive this thread.
 */
export class Connections {
  readonly sockets: StreamSockets
  readonly table: ConnectionTable
  readonly forwarder: number
  readonly capacity: number

  readonly state: Uint8Array
  /** One more whenever the index is given to another connection: events of the one before are told by it. */
  readonly generation: Int32Array
  readonly node: Uint8Array
  readonly triedLow: Int32Array
  readonly triedHigh: Int32Array
  readonly listener: Uint16Array
  /** Sends to the node: 0, 1, or 2 for more. */
  readonly #sends: Uint8Array
  /** Tick of the last byte; while connecting, of the attempt's start. */
  readonly activeTick: Int32Array
  /** Bit 0: the node was sent something, bit 1: so was the client. */
  readonly spoken: Uint8Array
  /** Whether its ends are asked by keep-alive. */
  readonly keptAlive: Uint8Array
  /** Key words and port. */
  readonly peer: Uint32Array
  readonly flags: Uint8Array
  /** Chunk + 1 with what an end has yet to be sent, and what part of it. 0: nothing. */
  readonly pendingChunk: Int32Array
  readonly pendingStart: Int32Array
  readonly pendingEnd: Int32Array

  /** Connections that are not free. */
  active = 0
  /** No connection of this index or above was ever used. */
  highest = 0
  /** Coarse time: ticks of 250 ms since the start, and monotonic seconds. */
  tick = 0
  nowS = 0

  readonly #pool: ChunkPool
  readonly #held: Int32Array
  readonly #freeStack: Int32Array
  #freeCount: number

  constructor(sockets: StreamSockets, table: ConnectionTable, forwarder: number, pool: ChunkPool) {
    const capacity = table.layout.connectionsPerForwarder
    this.sockets = sockets
    this.table = table
    this.forwarder = forwarder
    this.capacity = capacity
    this.#pool = pool
    this.#held = table.descriptors(forwarder).subarray(OWN_DESCRIPTORS)
    this.state = new Uint8Array(capacity)
    this.generation = new Int32Array(capacity)
    this.node = new Uint8Array(capacity)
    this.triedLow = new Int32Array(capacity)
    this.triedHigh = new Int32Array(capacity)
    this.listener = new Uint16Array(capacity)
    this.#sends = new Uint8Array(capacity)
    this.activeTick = new Int32Array(capacity)
    this.spoken = new Uint8Array(capacity)
    this.keptAlive = new Uint8Array(capacity)
    this.peer = new Uint32Array(capacity * 5)
    this.flags = new Uint8Array(capacity * 2)
    this.pendingChunk = new Int32Array(capacity * 2)
    this.pendingStart = new Int32Array(capacity * 2)
    this.pendingEnd = new Int32Array(capacity * 2)
    this.#freeStack = Int32Array.from({ length: capacity }, (_, index) => capacity - 1 - index)
    this.#freeCount = capacity
  }

  get full(): boolean {
    return this.#freeCount === 0
  }

  /** A free connection for a client that was accepted; there must be one, and room for it in the table. */
  take(clientFd: number, listener: number): number {
    this.#freeCount -= 1
    const connection = this.#freeStack[this.#freeCount]!
    if (connection >= this.highest) this.highest = connection + 1
    this.active += 1
    this.state[connection] = CONNECTING
    this.listener[connection] = listener
    this.triedLow[connection] = 0
    this.triedHigh[connection] = 0
    this.#sends[connection] = 0
    this.spoken[connection] = 0
    this.keptAlive[connection] = 0
    this.#held[connection * 2] = clientFd + 1
    this.peer.set(this.sockets.peer, connection * 5)
    return connection
  }

  fd(end: number): number {
    return this.#held[end]! - 1
  }

  setNodeFd(connection: number, fd: number): void {
    this.#held[connection * 2 + NODE_END] = fd + 1
  }

  /**
   * Sends to an end. Nagle's algorithm holds a small segment back only while another is under way (Minshall's variant), so
   * a node's socket needs TCP_NODELAY from its second send on; most short connections never get there. Clients'
   * sockets have it from the listener.
   */
  send(end: number, from: Region, offset: number, length: number, cork: boolean): number {
    const fd = this.#held[end]! - 1
    if ((end & 1) === NODE_END && this.#sends[end >> 1]! < 2) {
      this.#sends[end >> 1]! += 1
      if (this.#sends[end >> 1] === 2) this.sockets.setNoDelay(fd)
    }
    return this.sockets.send(fd, from, offset, length, cork)
  }

  /** Closes the descriptor of an end, if it has one. It is struck off first: rather lose it than close a stranger's. */
  closeEnd(end: number): void {
    const fd = this.#held[end]! - 1
    this.#held[end] = 0
    if (fd >= 0) this.sockets.close(fd)
  }

  /** Ends a connection on which all was said. */
  close(connection: number): void {
    this.closeEnd(connection * 2)
    this.closeEnd(connection * 2 + NODE_END)
    this.#free(connection)
  }

  /** Breaks a connection off: both ends get a RST. */
  reset(connection: number, why: ForwarderCounter): void {
    this.table.count(this.forwarder, why)
    this.breakOff(connection)
  }

  /** The same where it is counted already. */
  breakOff(connection: number): void {
    for (let end = connection * 2; end <= connection * 2 + NODE_END; end++) {
      const fd = this.#held[end]! - 1
      this.#held[end] = 0
      if (fd >= 0) this.sockets.reset(fd)
    }
    this.#free(connection)
  }

  #free(connection: number): void {
    const end = connection * 2
    this.dropPending(end)
    this.dropPending(end + NODE_END)
    this.flags[end]! &= QUEUED
    this.flags[end + NODE_END]! &= QUEUED
    this.state[connection] = FREE
    this.generation[connection]! += 1
    this.table.connectionClosed(this.forwarder, connection, this.nowS)
    this.table.count(this.forwarder, 'closed')
    this.table.leave(this.forwarder)
    this.#freeStack[this.#freeCount] = connection
    this.#freeCount += 1
    this.active -= 1
  }

  /** Gives the chunk of an end back. */
  dropPending(end: number): void {
    const chunk = this.pendingChunk[end]! - 1
    if (chunk < 0) return
    this.pendingChunk[end] = 0
    this.#pool.release(chunk)
  }
}
