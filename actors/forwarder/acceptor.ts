import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'
import { READABLE } from '../../runtime/ports/sockets/epoll.ts'
import { parseClientKey } from '../../runtime/table/client-key.ts'
import { MAX_LISTENERS, NOBODY, OWN_DESCRIPTORS } from '../../runtime/table/layout.ts'
import type { Connections } from './connections.ts'
import type { ForwarderLimits, ListenerPlan } from './messages.ts'
import type { Upstream } from './upstream.ts'

const { EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE } = constants.errno

/** Connections taken from one listener before the established ones have their turn. */
const ACCEPTS_PER_EVENT = 64
/** The kernel bounds it by net.core.somaxconn. */
const BACKLOG = 4096
/** Where listeners are among the forwarder's own descriptors, after epoll and wake-up. */
const FIRST_PLACE = 2

interface Place {
  readonly plan: ListenerPlan
  /** -1: could not be opened. */
  fd: number
  problem: string
}

/** The same of two plans that one socket can serve. */
const socketOf = ({ address, port, clientSpeaksFirst }: ListenerPlan): string =>
  `${address} ${port} ${clientSpeaksFirst}`

/** The same of two plans that are the same. */
const identity = (plan: ListenerPlan): string =>
  [
    plan.address,
    plan.port,
    plan.originalPort,
    plan.nodePort,
    plan.redirectIndex,
    plan.proxyProtocol,
    plan.clientSpeaksFirst,
  ].join(' ')

/**
 * The listeners, and what becomes of a client at first: counted, limited, given a node. While this forwarder has no
 * room, or the process no descriptors, the listeners are not watched, and clients wait in the kernel's backlog.
 */
export class Acceptor {
  readonly #connections: Connections
  readonly #upstream: Upstream
  readonly #queue: number
  #limits: ForwarderLimits
  readonly #places: (Place | undefined)[] = new Array(MAX_LISTENERS)
  readonly #held: Int32Array
  /** The plan of each place, kept while connections that came in by it live. */
  readonly plans: ListenerPlan[] = []
  /** Sockets of places that are no more, for plans to come: who waits in the backlog is served by those. */
  readonly #inherited = new Map<string, number>()
  /** Plans that found no place. */
  #homeless: readonly ListenerPlan[] = []
  #paused = false

  constructor(connections: Connections, upstream: Upstream, queue: number, limits: ForwarderLimits) {
    this.#connections = connections
    this.#upstream = upstream
    this.#queue = queue
    this.#limits = limits
    this.#held = connections.table.descriptors(connections.forwarder).subarray(FIRST_PLACE, OWN_DESCRIPTORS)
  }

  /** Goes by these from now on. */
  limit(limits: ForwarderLimits): void {
    this.#limits = limits
  }

  /** Opens what is new in the plan and closes what is not in it any more. */
  follow(listeners: readonly ListenerPlan[]): void {
    const wanted = new Set(listeners.map(identity))
    const sockets = new Set(listeners.map(socketOf))
    for (const [index, place] of this.#places.entries()) {
      if (place === undefined || wanted.has(identity(place.plan))) continue
      if (place.fd >= 0 && sockets.has(socketOf(place.plan))) this.#bequeath(index)
      else this.#closePlace(index)
    }
    const known = new Set(this.#places.flatMap((place) => (place === undefined ? [] : [identity(place.plan)])))
    this.#homeless = listeners.filter((plan) => !known.has(identity(plan)))
    this.#house()
    for (const fd of this.#inherited.values()) this.#connections.sockets.close(fd)
    this.#inherited.clear()
  }

  /** The same socket is to be listened on by another plan: closing it would reset those who wait there. */
  #bequeath(index: number): void {
    const { plan, fd } = this.#places[index]!
    if (!this.#paused) this.#connections.sockets.unwatch(this.#queue, fd)
    this.#places[index] = undefined
    this.#held[index] = 0
    this.#inherited.set(socketOf(plan), fd)
  }

  /** Gives a place to each plan that has none. */
  #house(): void {
    if (this.#homeless.length === 0) return
    const free = this.#freePlaces()
    this.#homeless = this.#homeless.filter((plan) => {
      const { value: index } = free.next()
      if (index === undefined) return true
      this.#places[index] = { plan, fd: -1, problem: '' }
      this.plans[index] = plan
      this.#open(index)
      return false
    })
  }

  /** Places without a listener and without connections of an earlier one, which need its plan. */
  *#freePlaces(): Generator<number, undefined> {
    const { state, listener, highest } = this.#connections
    const inUse = new Set<number>()
    for (let connection = 0; connection < highest; connection++)
      if (state[connection] !== 0) inUse.add(listener[connection]!)
    for (let index = 0; index < MAX_LISTENERS; index++)
      if (this.#places[index] === undefined && !inUse.has(index)) yield index
    return undefined
  }

  #open(index: number): void {
    const place = this.#places[index]!
    const { sockets } = this.#connections
    const { address, port, clientSpeaksFirst: awaitBytes } = place.plan
    const key = parseClientKey(address)
    const inherited = this.#inherited.get(socketOf(place.plan))
    this.#inherited.delete(socketOf(place.plan))
    const listen = () =>
      key === undefined ? -constants.errno.EINVAL : sockets.listen({ key, port, backlog: BACKLOG, awaitBytes })
    const fd = inherited ?? listen()
    place.fd = fd
    place.problem = fd < 0 ? `${address}:${port}: ${getSystemErrorName(fd)}` : ''
    if (fd < 0) return
    this.#held[index] = fd + 1
    if (!this.#paused) this.#watch(index, fd)
  }

  #watch(index: number, fd: number): void {
    this.#connections.sockets.watch(this.#queue, fd, READABLE, listenerTag(index), 0)
  }

  #closePlace(index: number): void {
    const place = this.#places[index]!
    this.#places[index] = undefined
    this.#held[index] = 0
    if (place.fd >= 0) this.#connections.sockets.close(place.fd)
  }

  /** Listeners that are open, and why the others are not. */
  get listening(): { readonly open: number; readonly problems: readonly string[] } {
    const places = this.#places.filter((place) => place !== undefined)
    const closed = places.filter((place) => place.fd < 0).map((place) => place.problem)
    const homeless = this.#homeless.map((plan) => `${plan.address}:${plan.port}: more than ${MAX_LISTENERS} listeners`)
    return { open: places.length - closed.length, problems: [...closed, ...homeless] }
  }

  /** Tries to open what could not be opened before. Returns whether one more is open now. */
  reopen(): boolean {
    const homeless = this.#homeless.length
    this.#house()
    let opened = this.#homeless.length < homeless
    for (const [index, place] of this.#places.entries()) {
      if (place === undefined || place.fd >= 0) continue
      this.#open(index)
      opened ||= place.fd >= 0
    }
    return opened
  }

  /** Takes what is in the backlogs of these listeners. */
  takeWaiting(isMeant: (plan: ListenerPlan) => boolean): void {
    for (const [index, place] of this.#places.entries()) {
      if (place === undefined || !isMeant(place.plan)) continue
      while (this.accept(index)) {}
    }
  }

  /** Takes what is in the backlogs, for closing a listener resets it, and closes all of them. */
  stop(): void {
    for (const [index, place] of this.#places.entries()) {
      if (place === undefined) continue
      while (place.fd >= 0 && this.accept(index)) {}
      this.#closePlace(index)
    }
  }

  /** Watches the listeners again, if there is room now; while there is none, that counts once a tick. */
  resume(): void {
    if (!this.#paused) return
    const { full, table, forwarder } = this.#connections
    if (full || table.openConnections >= this.#limits.connections) {
      table.count(forwarder, 'globalLimit')
      return
    }
    this.#paused = false
    for (const [index, place] of this.#places.entries())
      if (place !== undefined && place.fd >= 0) this.#watch(index, place.fd)
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    for (const place of this.#places) {
      if (place !== undefined && place.fd >= 0) this.#connections.sockets.unwatch(this.#queue, place.fd)
    }
  }

  /** Takes connections from a listener; returns whether there may be more. */
  accept(index: number): boolean {
    const place = this.#places[index]
    if (place === undefined || place.fd < 0) return false
    const { sockets, table, forwarder } = this.#connections
    for (let count = 0; count < ACCEPTS_PER_EVENT; count++) {
      if (this.#connections.full || !table.admit(forwarder, this.#limits.connections)) {
        table.count(forwarder, 'globalLimit')
        this.#pause()
        return false
      }
      const fd = sockets.accept(place.fd)
      if (fd >= 0) {
        this.#admit(fd, index, place.plan)
        continue
      }
      table.leave(forwarder)
      if (fd === -EAGAIN) return false
      else if (fd !== -ECONNABORTED && fd !== -EINTR) return this.#acceptFailed(fd)
    }
    return true
  }

  /** Out of descriptors or memory: watching on would spin. The next tick looks again. */
  #acceptFailed(result: number): false {
    const exhausted = result === -EMFILE || result === -ENFILE
    this.#connections.table.count(this.#connections.forwarder, exhausted ? 'descriptorsExhausted' : 'acceptErrors')
    this.#pause()
    return false
  }

  #admit(fd: number, index: number, plan: ListenerPlan): void {
    const { sockets, table, forwarder, nowS } = this.#connections
    table.count(forwarder, 'accepted')
    const peer = sockets.peer
    const node = table.route(peer[0]!, peer[1]!, peer[2]!, peer[3]!)
    const connection = this.#connections.take(fd, index)
    if (node === NOBODY) {
      this.#connections.reset(connection, 'noNode')
      return
    }
    const ofClient = table.connectionOpened(forwarder, connection, peer[0]!, peer[1]!, peer[2]!, peer[3]!, node, nowS)
    if (ofClient === 0) table.count(forwarder, 'untracked')
    const { connectionsPerClient } = this.#limits
    if (connectionsPerClient > 0 && ofClient > connectionsPerClient) {
      this.#connections.reset(connection, 'clientLimit')
      return
    }
    this.#upstream.start(connection, node, plan)
  }
}

/** Tags of listeners are negative, apart from those of ends; -1 is the wake-up. */
const listenerTag = (index: number): number => -2 - index
export const listenerOf = (tag: number): number => -2 - tag
