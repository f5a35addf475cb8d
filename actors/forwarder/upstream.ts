import { EDGE_TRIGGERED, PEER_CLOSED, PRIORITY, READABLE, type Region, WRITABLE } from '../../runtime/ports/epoll.ts'
import { type ClientKey, parseClientKey } from '../../runtime/table/client-key.ts'
import { MAX_NODES, NOBODY } from '../../runtime/table/layout.ts'
import type { ChunkPool } from './chunk-pool.ts'
import { type Connections, NODE_END, OPEN, READY } from './connections.ts'
import type { ListenerPlan } from './messages.ts'
import { writeProxyHeader } from './proxy-header.ts'

/** Everything at once and for good: an end is never given to epoll a second time. */
const ALL_EDGES = READABLE | PRIORITY | WRITABLE | PEER_CLOSED | EDGE_TRIGGERED

/**
 * Connects clients to nodes. Nothing of the client is read before a node has answered, so a node that does not can be
 * exchanged for the next best without the client noticing.
 */
export class Upstream {
  readonly #connections: Connections
  readonly #pool: ChunkPool
  readonly #queue: number
  readonly #keepAlive: boolean
  /** Socket addresses by port of the nodes, then node index; made again when the index is given to another address. */
  readonly #addresses = new Map<number, { epoch: number; address: Region }[]>()

  constructor(connections: Connections, pool: ChunkPool, queue: number, keepAlive: boolean) {
    this.#connections = connections
    this.#pool = pool
    this.#queue = queue
    this.#keepAlive = keepAlive
  }

  /** Starts to connect a client that was just accepted, and counted, to its node. */
  start(connection: number, node: number, plan: ListenerPlan): void {
    if (!this.#attempt(connection, node, plan)) this.retry(connection, plan)
  }

  /** The node did not answer: on to the next best, or, when none is left, a RST for the client. */
  retry(connection: number, plan: ListenerPlan): void {
    const { table, forwarder, triedLow, triedHigh } = this.#connections
    this.#connections.closeEnd(connection * 2 + NODE_END)
    for (;;) {
      const node = table.nextBest(triedLow[connection]!, triedHigh[connection]!)
      if (node === NOBODY) {
        this.#connections.reset(connection, 'noNode')
        return
      }
      table.count(forwarder, 'connectRetries')
      table.connectionMoved(forwarder, connection, node)
      if (this.#attempt(connection, node, plan)) return
    }
  }

  /** Starts to connect; false when that failed at once. */
  #attempt(connection: number, node: number, plan: ListenerPlan): boolean {
    const { sockets, generation, table, triedLow, triedHigh } = this.#connections
    if (node < 32) triedLow[connection]! |= 1 << node
    else triedHigh[connection]! |= 1 << (node - 32)
    if (!table.nodeServes(node, plan.redirectIndex)) return false
    const address = this.#addressOf(node, plan.nodePort)
    const fd = address === undefined ? -1 : sockets.connect(address, this.#keepAlive, plan.clientSpeaksFirst)
    if (fd < 0) return false
    const end = connection * 2 + NODE_END
    this.#connections.setNodeFd(connection, fd)
    this.#connections.node[connection] = node
    this.#connections.activeTick[connection] = this.#connections.tick
    if (sockets.watch(this.#queue, fd, ALL_EDGES, end, generation[connection]!) >= 0) return true
    this.#connections.closeEnd(end)
    return false
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
    return address
  }

  /** The node answered: from now on both ends are read. False if the connection had to be broken off. */
  connected(connection: number, plan: ListenerPlan): boolean {
    const { sockets, state, flags, generation, activeTick, tick } = this.#connections
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
