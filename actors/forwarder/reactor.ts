import { constants } from 'node:os'
import type { Clock } from '../../runtime/ports/host/clock.ts'
import {
  ERROR,
  HANGUP,
  PEER_CLOSED,
  PRIORITY,
  READABLE,
  type StreamSockets,
  WRITABLE,
} from '../../runtime/ports/sockets/epoll.ts'
import type { ConnectionTable } from '../../runtime/table/connection-table.ts'
import { MAX_NODES } from '../../runtime/table/layout.ts'
import { Acceptor, listenerOf } from './acceptor.ts'
import { ChunkPool } from './chunk-pool.ts'
import {
  BLOCKED,
  BOTH_SPOKE,
  BROKEN,
  CLOSING,
  CONNECTING,
  Connections,
  ENDED,
  FREE,
  OPEN,
  READY,
  URGENT,
} from './connections.ts'
import { KeepAlive } from './keep-alive.ts'
import type { ForwarderLimits, ForwarderResult, ListenerPlan } from './messages.ts'
import { Relay } from './relay.ts'
import { Upstream } from './upstream.ts'

/** Time is this coarse: time-outs, and how long a loop sleeps whose connections are silent. */
const TICK_MS = 250
/** How long it sleeps without any. */
const IDLE_MS = 1000
/** A listener that could not be opened is tried again that often. */
const REOPEN_MS = 2000
const WAKE_UP_TAG = -1
/** Places of the forwarder's own descriptors in the table; the listeners follow. */
const QUEUE_PLACE = 0
export const WAKE_UP_PLACE = 1

export interface ReactorParts {
  readonly sockets: StreamSockets
  readonly clock: Clock
  readonly table: ConnectionTable
  readonly forwarder: number
  readonly limits: ForwarderLimits
}

/** What the reactor tells while it runs. */
export interface ReactorListener {
  /** Now is the time to look into the mailbox: the loop was woken, or a tick went by. */
  attend(): void
  /** A listener is there that could not be opened before. */
  reopened(): void
  /** Other nodes rest than before. */
  rested(): void
}

/** A connection that is silent for a second has its ends watched by keep-alive: one that is short has cost nothing by then. */
const KEEP_ALIVE_AFTER_TICKS = 1000 / TICK_MS
const ALL_NODES = Array.from({ length: MAX_NODES }, (_, node) => node)

/** Where clients connect to. */
const placeOf = ({ address, originalPort }: ListenerPlan) => `${address} ${originalPort}`
const inTicks = (ms: number) => Math.ceil(ms / TICK_MS)
const inTicksOrNever = (ms: number) => (ms > 0 ? inTicks(ms) : Number.POSITIVE_INFINITY)

/**
 * One forwarder: an epoll loop over its listeners and connections, which never yields to Node's own. It reads the
 * clock once a turn, and its mailbox between turns.
 */
export class Reactor {
  readonly #parts: ReactorParts
  readonly #connections: Connections
  readonly #relay: Relay
  readonly #upstream: Upstream
  readonly #acceptor: Acceptor
  readonly #keepAlive: KeepAlive
  readonly #queue: number
  readonly #wakeUp: number
  readonly #held: Int32Array
  readonly #startMs: number
  #limits: ForwarderLimits
  /** Monotonic milliseconds at which draining ends; undefined while not draining. */
  #drainUntilMs: number | undefined

  /** Throws when the process has no descriptors left: a start-up error. */
  constructor(parts: ReactorParts) {
    const { sockets, table, forwarder, limits, clock } = parts
    this.#parts = parts
    this.#limits = limits
    this.#held = table.descriptors(forwarder)
    this.#queue = this.#hold(QUEUE_PLACE, sockets.createQueue())
    this.#wakeUp = this.#hold(WAKE_UP_PLACE, sockets.createWakeUp())
    sockets.watch(this.#queue, this.#wakeUp, READABLE, WAKE_UP_TAG, 0)
    const pool = new ChunkPool(sockets, limits.pendingBytes)
    this.#connections = new Connections(sockets, table, forwarder, pool)
    this.#relay = new Relay(this.#connections, pool)
    this.#upstream = new Upstream(this.#connections, pool, this.#queue)
    this.#keepAlive = new KeepAlive(this.#connections, limits.keepAliveMs)
    this.#acceptor = new Acceptor(this.#connections, this.#upstream, this.#queue, limits)
    this.#startMs = clock.nowMs()
    this.#connections.nowS = Math.floor(this.#startMs / 1000)
  }

  #hold(place: number, fd: number): number {
    if (fd < 0) throw new Error(`A forwarder needs descriptors and got errno ${-fd}: raise LimitNOFILE.`)
    this.#held[place] = fd + 1
    return fd
  }

  /** Listens as planned. What came in by an original port that is planned no more is reset; what a plan has otherwise now, goes on as it began. */
  follow(listeners: readonly ListenerPlan[]): void {
    if (this.#drainUntilMs !== undefined) return
    this.#acceptor.follow(listeners)
    const served = new Set(listeners.map(placeOf))
    this.#cutWhere((plan) => !served.has(placeOf(plan)))
    // Redirects may have other indices now.
    for (const node of ALL_NODES) this.#upstream.rest.forget(node)
  }

  /** Goes by these bounds from now on; `pendingBytes` stays as it was. */
  limit(limits: ForwarderLimits): void {
    this.#limits = limits
    this.#acceptor.limit(limits)
    this.#keepAlive.change(limits.keepAliveMs)
  }

  /** Table indexes of the nodes that do not answer, although they are said to be well. */
  get resting(): readonly number[] {
    return this.#upstream.rest.resting
  }

  get listening(): { readonly open: number; readonly problems: readonly string[] } {
    return this.#acceptor.listening
  }

  /** Accepts no more; `run` returns once the connections have ended, or that much later. */
  drain(patienceMs: number): void {
    if (this.#drainUntilMs === undefined) this.#acceptor.stop()
    this.#drainUntilMs = this.#parts.clock.nowMs() + patienceMs
  }

  /** Runs until drained. */
  run(listener: ReactorListener): ForwarderResult {
    const { sockets, clock, table, forwarder } = this.#parts
    let nextTickMs = this.#startMs + TICK_MS
    let nextReopenMs = this.#startMs + REOPEN_MS
    while (this.#drainUntilMs === undefined || this.#connections.active > 0) {
      const waiting = this.#relay.waiting
      const patienceMs = this.#connections.active > 0 ? TICK_MS : IDLE_MS
      const count = sockets.wait(this.#queue, waiting > 0 ? 0 : patienceMs)
      if (count < 0 && count !== -constants.errno.EINTR) throw new Error(`epoll_wait failed: errno ${-count}`)
      for (let index = 0; index < count; index++) {
        const tag = sockets.eventTag(index)
        if (tag >= 0) this.#endEvent(tag, sockets.eventGeneration(index), sockets.eventMask(index))
        else if (tag !== WAKE_UP_TAG) this.#acceptor.accept(listenerOf(tag))
        else {
          sockets.clearWakeUp(this.#wakeUp)
          listener.attend()
        }
      }
      this.#relay.turn(waiting)
      table.beat(forwarder)
      const nowMs = clock.nowMs()
      if (nowMs < nextTickMs) continue
      nextTickMs = nowMs + TICK_MS
      this.#tick(nowMs, listener)
      if (nowMs >= nextReopenMs && this.#drainUntilMs === undefined) {
        nextReopenMs = nowMs + REOPEN_MS
        if (this.#acceptor.reopen()) listener.reopened()
      }
      if (this.#drainUntilMs !== undefined && nowMs >= this.#drainUntilMs) break
    }
    return { cut: this.#cutWhere(() => true) }
  }

  #endEvent(end: number, generation: number, mask: number): void {
    const connection = end >> 1
    const { generation: generations, state, listener, flags } = this.#connections
    // An event of the same batch ended this connection, and maybe gave its index away again.
    if (generations[connection] !== generation) return
    if (state[connection] === CONNECTING) {
      const plan = this.#acceptor.plans[listener[connection]!]!
      if ((mask & (ERROR | HANGUP)) !== 0) this.#upstream.failed(connection, plan)
      else if ((mask & WRITABLE) !== 0 && this.#upstream.connected(connection, plan)) this.#relay.pump(connection * 2)
      if (generations[connection] !== generation || state[connection] === CONNECTING) return
    }
    if ((mask & PEER_CLOSED) !== 0) flags[end]! |= CLOSING
    if ((mask & PRIORITY) !== 0) flags[end]! |= URGENT
    if ((mask & ERROR) !== 0) flags[end]! |= BROKEN
    if ((mask & WRITABLE) !== 0 && (flags[end]! & BLOCKED) !== 0) {
      this.#relay.flush(end)
      if (generations[connection] !== generation) return
    }
    if (this.#relay.givesUp(end)) {
      this.#connections.reset(connection, 'resets')
      return
    }
    if ((mask & (READABLE | PEER_CLOSED | HANGUP | ERROR)) === 0 || (flags[end]! & ENDED) !== 0) return
    flags[end]! |= READY
    this.#relay.pump(end)
  }

  #tick(nowMs: number, listener: ReactorListener): void {
    const connections = this.#connections
    connections.tick += 1
    connections.nowS = Math.floor(nowMs / 1000)
    listener.attend()
    this.#acceptor.resume()
    this.#upstream.forgetRecovered()
    if (this.#upstream.rest.hasChanged) {
      this.#upstream.rest.hasChanged = false
      listener.rested()
    }
    if (connections.active === 0) return
    this.#expire()
    this.#leaveNodes()
  }

  /** Ends what is open at nodes whose connections are to be reset. */
  #leaveNodes(): void {
    const { table } = this.#parts
    const left = ALL_NODES.filter((node) => table.nodeResets(node))
    if (left.length === 0) return
    const { state, node, highest } = this.#connections
    for (let connection = 0; connection < highest; connection++) {
      if (state[connection] !== OPEN || !left.includes(node[connection]!)) continue
      this.#connections.reset(connection, 'nodeResets')
    }
  }

  /** One look at every connection instead of a timer for each: some 50 us for 10,000. */
  #expire(): void {
    const connections = this.#connections
    const { state, activeTick, spoken, tick, highest } = connections
    const { table, forwarder } = this.#parts
    const limits = this.#limits
    const connectTicks = inTicks(limits.connectTimeoutMs)
    const idleTicks = inTicksOrNever(limits.idleTimeoutMs)
    const tunnelTicks = inTicksOrNever(limits.tunnelTimeoutMs)
    for (let connection = 0; connection < highest; connection++) {
      if (state[connection] === FREE) continue
      const silentTicks = tick - activeTick[connection]!
      if (state[connection] !== CONNECTING) {
        const isTunnel = spoken[connection] === BOTH_SPOKE
        if (silentTicks > (isTunnel ? tunnelTicks : idleTicks)) connections.reset(connection, 'idleTimeouts')
        else if (silentTicks >= KEEP_ALIVE_AFTER_TICKS) this.#keepAlive.begin(connection)
      } else if (silentTicks > connectTicks) {
        table.count(forwarder, 'connectTimeouts')
        this.#upstream.failed(connection, this.#acceptor.plans[connections.listener[connection]!]!)
      }
    }
  }

  /** Resets the connections that came in by these addresses; those of other VIPs live on. Their number. */
  cut(lost: readonly string[]): number {
    const isLost = ({ address }: ListenerPlan) => lost.includes(address)
    // Clients that are in the backlog have their handshake, and would hear nothing.
    this.#acceptor.takeWaiting(isLost)
    return this.#cutWhere(isLost)
  }

  #cutWhere(isLost: (plan: ListenerPlan) => boolean): number {
    const { state, highest, listener } = this.#connections
    let cut = 0
    for (let connection = 0; connection < highest; connection++) {
      if (state[connection] === FREE || !isLost(this.#acceptor.plans[listener[connection]!]!)) continue
      this.#connections.reset(connection, 'drainCut')
      cut++
    }
    return cut
  }

  /** Closes everything that is still open. Connections end with a RST: a FIN could pass for the end of an answer. */
  close(): void {
    const { sockets } = this.#parts
    for (const [place, held] of this.#held.entries()) {
      if (held === 0) continue
      this.#held[place] = 0
      sockets.reset(held - 1)
    }
  }
}
