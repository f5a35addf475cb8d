import { constants } from 'node:os'
import { CHUNK_BYTES, type ChunkPool } from './chunk-pool.ts'
import {
  BLOCKED,
  BROKEN,
  CLOSING,
  type Connections,
  ENDED,
  LAST_SENT,
  NODE_END,
  QUEUED,
  READY,
  URGENT,
} from './connections.ts'

const EAGAIN = constants.errno.EAGAIN

/** Chunks that one end may move before the others have their turn. */
const CHUNKS_PER_TURN = 4

/**
 * Moves bytes between the two ends of open connections. Reading from an end stops while the other end takes no more, so
 * that a slow reader slows its writer down by TCP itself; at most one chunk per direction waits here.
 */
export class Relay {
  readonly #connections: Connections
  readonly #pool: ChunkPool
  /** Ends that wait for another turn: to be read on, or to be told that no more will come. Each is in it at most once. */
  readonly #queue: Int32Array
  #queueHead = 0
  #queued = 0

  constructor(connections: Connections, pool: ChunkPool) {
    this.#connections = connections
    this.#pool = pool
    this.#queue = new Int32Array(connections.capacity * 2)
  }

  /** Ends that wait for another turn. */
  get waiting(): number {
    return this.#queued
  }

  /** Gives the first `count` ends that wait their turn: those that waited before the last events came. */
  turn(count: number): void {
    const { flags } = this.#connections
    for (let left = count; left > 0; left--) {
      const end = this.#queue[this.#queueHead]!
      this.#queueHead = (this.#queueHead + 1) % this.#queue.length
      this.#queued -= 1
      flags[end]! &= ~QUEUED
      if ((flags[end]! & LAST_SENT) !== 0) {
        flags[end]! &= ~LAST_SENT
        this.#connections.sockets.shutdownWrite(this.#connections.fd(end))
      }
      if ((flags[end]! & READY) !== 0) this.pump(end)
    }
  }

  #enqueue(end: number): void {
    if ((this.#connections.flags[end]! & QUEUED) !== 0) return
    this.#connections.flags[end]! |= QUEUED
    this.#queue[(this.#queueHead + this.#queued) % this.#queue.length] = end
    this.#queued += 1
  }

  /** Reads from an end and sends to the other until there is no more, or the other blocks, or the turn is over. */
  pump(end: number): void {
    const { flags } = this.#connections
    for (let chunks = 0; ; chunks++) {
      if ((flags[end ^ 1]! & BLOCKED) !== 0) return
      if (chunks === CHUNKS_PER_TURN) {
        this.#enqueue(end)
        return
      }
      const more = this.#pool.canPark ? this.#moveChunk(end) : this.#moveUnparked(end)
      if (!more) return
    }
  }

  /** One read and one send. Returns whether to go on. */
  #moveChunk(end: number): boolean {
    const { sockets } = this.#connections
    const length = sockets.recv(this.#connections.fd(end), this.#pool.current, CHUNK_BYTES)
    if (length <= 0) return this.#nothingRead(end, length)
    const other = end ^ 1
    const last = this.#wasLast(end, length)
    const sent = this.#connections.send(other, this.#pool.current, 0, length, last)
    if (sent < 0 && sent !== -EAGAIN) return this.#failed(end)
    this.#count(other, Math.max(sent, 0))
    if (sent < length) {
      this.#connections.pendingChunk[other] = this.#pool.park() + 1
      this.#connections.pendingStart[other] = Math.max(sent, 0)
      this.#connections.pendingEnd[other] = length
      return this.#blocked(other)
    }
    return last ? this.#ended(end, true) : this.#mayHaveMore(end, length)
  }

  /** The same without a place for what cannot be sent: it is left in the kernel, and only what was sent is taken out. */
  #moveUnparked(end: number): boolean {
    const { sockets } = this.#connections
    const length = sockets.peek(this.#connections.fd(end), this.#pool.current, CHUNK_BYTES)
    if (length <= 0) return this.#nothingRead(end, length)
    const other = end ^ 1
    const last = this.#wasLast(end, length)
    const sent = this.#connections.send(other, this.#pool.current, 0, length, last)
    if (sent < 0 && sent !== -EAGAIN) return this.#failed(end)
    if (sent > 0) {
      this.#count(other, sent)
      if (sockets.discard(this.#connections.fd(end), sent) !== sent) return this.#failed(end)
    }
    if (sent < length) return this.#blocked(other)
    return last ? this.#ended(end, true) : this.#mayHaveMore(end, length)
  }

  /**
   * Whether what was read is all that the peer had to send: its FIN was there before, and a short read emptied the socket.
   * But urgent data makes a read short as well, and a RST looks like a FIN to epoll: there the next read tells.
   */
  #wasLast(end: number, length: number): boolean {
    const flags = this.#connections.flags[end]!
    return length < CHUNK_BYTES && (flags & (CLOSING | URGENT | BROKEN)) === CLOSING
  }

  /** A short read emptied the socket, and what comes later makes another edge: the read that would say EAGAIN is saved. */
  #mayHaveMore(end: number, length: number): boolean {
    const { flags } = this.#connections
    if (length === CHUNK_BYTES || (flags[end]! & (URGENT | BROKEN)) !== 0) return true
    flags[end]! &= ~READY
    return false
  }

  #nothingRead(end: number, result: number): false {
    if (result === 0) this.#ended(end, false)
    else if (result === -EAGAIN) this.#connections.flags[end]! &= ~READY
    else this.#failed(end)
    return false
  }

  #failed(end: number): false {
    this.#connections.reset(end >> 1, 'resets')
    return false
  }

  /** An end takes no more for now. A client that broke off meanwhile does not wait for its node; a node's answer does. */
  #blocked(end: number): false {
    this.#connections.flags[end]! |= BLOCKED
    return this.givesUp(end ^ 1) ? this.#failed(end) : false
  }

  /** Whether an end broke off and there is no use in moving what else it sent. */
  givesUp(end: number): boolean {
    const { flags } = this.#connections
    if ((flags[end]! & BROKEN) === 0) return false
    return (flags[end]! & ENDED) !== 0 || ((end & 1) !== NODE_END && (flags[end ^ 1]! & BLOCKED) !== 0)
  }

  #count(to: number, bytes: number): void {
    const { table, forwarder, node, activeTick, spoken, tick } = this.#connections
    activeTick[to >> 1] = tick
    spoken[to >> 1]! |= (to & 1) === NODE_END ? 1 : 2
    if ((to & 1) === NODE_END) table.addBytes(forwarder, node[to >> 1]!, bytes, 0)
    else table.addBytes(forwarder, node[to >> 1]!, 0, bytes)
  }

  /** An end is writable again. */
  flush(end: number): void {
    const { flags, pendingChunk, pendingStart, pendingEnd } = this.#connections
    if ((flags[end]! & BLOCKED) === 0) return
    const chunk = pendingChunk[end]! - 1
    if (chunk >= 0) {
      const start = pendingStart[end]!
      const sent = this.#connections.send(end, this.#pool.chunk(chunk), start, pendingEnd[end]! - start, false)
      if (sent === -EAGAIN) return
      if (sent < 0) {
        this.#failed(end)
        return
      }
      this.#count(end, sent)
      pendingStart[end] = start + sent
      if (start + sent < pendingEnd[end]!) return
      this.#connections.dropPending(end)
    }
    flags[end]! &= ~BLOCKED
    if ((flags[end ^ 1]! & ENDED) !== 0) this.#passOnEnd(end, false)
    else if ((flags[end ^ 1]! & READY) !== 0) this.pump(end ^ 1)
  }

  /** An end has sent all it had to; `corked`: its last bytes wait in the other end's socket for the FIN. */
  #ended(end: number, corked: boolean): false {
    const { flags } = this.#connections
    flags[end] = (flags[end]! & ~READY) | ENDED
    // A blocked end is told once it has got what waits for it.
    if ((flags[end ^ 1]! & BLOCKED) === 0) this.#passOnEnd(end ^ 1, corked)
    return false
  }

  /**
   * Tells an end that no more will come; but once both have ended and got what they had to get, the connection is over.
   * Corked bytes go out with the FIN in one packet. Without them it is told a turn later: most clients close as soon as
   * they have their answer, and then the shutdown, 5 % of what a short connection costs, is saved.
   */
  #passOnEnd(end: number, corked: boolean): void {
    const { flags, sockets } = this.#connections
    const bothEnded = (flags[end]! & flags[end ^ 1]! & ENDED) !== 0
    const blocked = ((flags[end]! | flags[end ^ 1]!) & BLOCKED) !== 0
    if (bothEnded && !blocked) {
      this.#connections.close(end >> 1)
    } else if (corked) {
      sockets.shutdownWrite(this.#connections.fd(end))
    } else {
      flags[end]! |= LAST_SENT
      this.#enqueue(end)
    }
  }
}
