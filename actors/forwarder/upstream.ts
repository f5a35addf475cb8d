import { constants } from 'node:os'
import {
  EDGE_TRIGGERED,
  PEER_CLOSED,
  PRIORITY,
  READABLE,
  type Region,
  WRITABLE,
} from '../../runtime/ports/sockets/epoll.ts'
import { type ClientKey, parseClientKey } from '../../runtime/table/client-key.ts'
import { MAX_NODES, NOBODY } from '../../runtime/table/layout.ts'
import type { ChunkPool } from './chunk-pool.ts'
import { type Connections, NODE_END, OPEN, READY } from './connections.ts'
import type { ListenerPlan } from './messages.ts'
import { NodeRest } from './node-rest.ts'
import { writeProxyHeader } from './proxy-header.ts'

const { EADDRNOTAVAIL, EHOSTUNREACH, EMFILE, ENFILE } = constants.errno

/** Everything at once and for good: an end is never given to epoll a second time. */
const ALL_EDGES = READABLE | PRIORITY | WRITABLE | PEER_CLOSED | EDGE_TRIGGERED

/** Results of an attempt that was none, apart from any errno. */
const NOT_THERE = -100_001
const RESTS = -100_002

/**
 * Connects clients to nodes. Nothing of the client is read before a node has answered, so a node that does not can be
 * exchanged for the next best without the client noticing.
 */
export class Upstream {
  readonly #connections: Connections
  readonly #pool: ChunkPool
  readonly #queue: number
  /** Who does not answer. */
  readonly rest = new NodeRest()
  /** By node: for which redirects it took new connections at the last tick. */
  readonly #taken: Int32Array
  /** Socket addresses by port of the nodes, then node index; made again when the index is given to another address. */
  readonly #addresses = new Map<number, { epoch: number; address: Region }[]>()

  constructor(connections: Connections, pool: ChunkPool, queue: number) {
    this.#connections = connections
    this.#pool = pool
    this.#queue = queue
    this.#taken = Int32Array.from({ length: MAX_NODES }, (_, node) => connections.table.nodeTakes(node))
  }

  /** Starts to connect a client that was just accepted, and counted, to its node. */
  start(connection: number, node: number, plan: ListenerPlan): void {
    const { rest } = this
    const result = rest.rests(node, plan.redirectIndex, this.#connections.tick)
      ? RESTS
      : this.#attempt(connection, node, plan)
    if (result < 0) this.#retry(connection, plan, node, result)
  }

  /** Once a tick: what was learnt of a node before it failed says nothing of it when it takes clients again. */
  forgetRecovered(): void {
    const { table } = this.#connections
    for (let node = 0; node < MAX_NODES; node++) {
      const taken = table.nodeTakes(node)
      if ((taken & ~this.#taken[node]!) !== 0) this.rest.forget(node)
      this.#taken[node] = taken
    }
  }

  /** The node did not answer: on to the next best, or, when none is left, a RST for the client. */
  failed(connection: number, plan: ListenerPlan): void {
    const { table, forwarder } = this.#connections
    const node = this.#connections.node[connection]!
    table.attempted(forwarder, node, false)
    this.rest.failed(node, plan.redirectIndex, this.#connections.tick)
    this.#retry(connection, plan, node, -EHOSTUNREACH)
  }

  /** Those that rest come last, but they come: better a node that may answer by now than none. */
  #retry(connection: number, plan: ListenerPlan, first: number, failure: number): void {
    const { table, forwarder, triedLow, triedHigh, tick } = this.#connections
    this.#connections.closeEnd(connection * 2 + NODE_END)
    let [node, result] = [first, failure]
    let [restLow, restHigh] = [0, 0]
    let isLocal = false
    for (;;) {
      if (result >= 0) return
      if (result === RESTS) {
        if (node < 32) restLow |= 1 << node
        else restHigh |= 1 << (node - 32)
      }
      if (result === -EMFILE || result === -ENFILE) {
        this.#connections.reset(connection, 'descriptorsExhausted')
        return
      }
      if (result === -EADDRNOTAVAIL) {
        isLocal = true
        table.count(forwarder, 'portsExhausted')
      }
      node = table.nextBest(triedLow[connection]! | restLow, triedHigh[connection]! | restHigh)
      const isLast = node === NOBODY
      if (isLast) node = table.nextBest(triedLow[connection]!, triedHigh[connection]!)
      if (node === NOBODY) {
        if (isLocal) this.#connections.breakOff(connection)
        else this.#connections.reset(connection, 'noNode')
        return
      }
      if (!isLast && this.rest.rests(node, plan.redirectIndex, tick)) {
        result = RESTS
        continue
      }
      table.count(forwarder, 'connectRetries')
      table.connectionMoved(forwarder, connection, node)
      result = this.#attempt(connection, node, plan)
    }
  }

  /** Starts to connect; `-errno` when that failed at once. */
  #attempt(connection: number, node: number, plan: ListenerPlan): number {
    const { sockets, generation, table, forwarder, triedLow, triedHigh } = this.#connections
    if (node < 32) triedLow[connection]! |= 1 << node
    else triedHigh[connection]! |= 1 << (node - 32)
    if (!table.nodeServes(node, plan.redirectIndex)) return NOT_THERE
    const address = this.#addressOf(node, plan.nodePort)
    const fd = address === undefined ? NOT_THERE : sockets.connect(address, plan.clientSpeaksFirst)
    if (fd < 0) {
      // What this host has run out of says nothing of the node.
      if (fd === -EHOSTUNREACH) {
        table.attempted(forwarder, node, false)
        this.rest.failed(node, plan.redirectIndex, this.#connections.tick)
      }
      return fd
    }
    const end = connection * 2 + NODE_END
    this.#connections.setNodeFd(connection, fd)
    this.#connections.node[connection] = node
    this.#connections.activeTick[connection] = this.#connections.tick
    const watched = sockets.watch(this.#queue, fd, ALL_EDGES, end, generation[connection]!)
    if (watched < 0) this.#connections.closeEnd(end)
    return watched
  }

  #addressOf(node: number, port: number): Region | undefined {
    let ofPort = this.#addresses.get(port)
    if (ofPort === undefined) {
      ofPort = new Array(MAX_NODES)
      this.#addresses.set(port, ofPort)
    }
    const { table, sockets } = this.#connections
    const known = ofPort[node]
    if (known !== undefined && known.epoch === table.nodeEpoch(node)) return known.address
    const now = table.nodeAddress(node)
    if (now === undefined) return undefined
    const address = sockets.socketAddress(now.key, port)
    ofPort[node] = { epoch: now.epoch, address }
    if (known !== undefined) this.rest.forget(node)
    return address
  }

  /** The node answered: from now on both ends are read. False if the connection had to be broken off. */
  connected(connection: number, plan: ListenerPlan): boolean {
    const { sockets, table, forwarder, state, flags, generation, activeTick, node, tick } = this.#connections
    table.attempted(forwarder, node[connection]!, true)
    this.rest.worked(node[connection]!, plan.redirectIndex)
    const client = connection * 2
    state[connection] = OPEN
    activeTick[connection] = tick
    if (plan.proxyProtocol !== null && !this.#sendProxyHeader(connection, plan, plan.proxyProtocol)) return false
    if (sockets.watch(this.#queue, this.#connections.fd(client), ALL_EDGES, client, generation[connection]!) < 0) {
      this.#connections.reset(connection, 'resets')
      return false
    }
    flags[client]! |= READY
    return true
  }

  /** A socket that has just connected takes a hundred bytes in one piece. */
  #sendProxyHeader(connection: number, plan: ListenerPlan, version: 'v1' | 'v2'): boolean {
    const { peer } = this.#connections
    const words = peer.subarray(connection * 5, connection * 5 + 5)
    const client: ClientKey = [words[0]!, words[1]!, words[2]!, words[3]!]
    const server = parseClientKey(plan.address) ?? client
    const ends = { client, clientPort: words[4]!, server, serverPort: plan.originalPort }
    const length = writeProxyHeader(version, ends, this.#pool.current.bytes)
    if (this.#connections.send(connection * 2 + NODE_END, this.#pool.current, 0, length, false) === length) return true
    this.#connections.reset(connection, 'resets')
    return false
  }
}
