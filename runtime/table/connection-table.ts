import { AffinityMask, BY_ADDRESS } from './affinity.ts'
import { ClientBuckets, type ClientState } from './client-buckets.ts'
import { type ClientKey, formatClientKey, parseClientKey, slotOfKey } from './client-key.ts'
import { ForwarderRegions } from './forwarder-regions.ts'
import {
  type ForwarderCounter,
  HEADER,
  LAYOUT_VERSION,
  MAGIC,
  MAX_FORWARDERS,
  MAX_NODES,
  NOBODY,
  SLOT_COUNT,
  type TableLayout,
  type TableSize,
  tableLayout,
  waysFor,
} from './layout.ts'
import { type NodeRow, NodeRows, type NodeSetting } from './node-rows.ts'
import { type TableTie, TiedEntries } from './tied-entries.ts'

/** Entries that one call for clients looks at: less than a millisecond's work. */
const ENTRIES_READ_MAX = 16_384

/** The buffer is not a table of this layout: start-up error. */
export class TableLayoutError extends Error {
  readonly code = 'ETABLELAYOUT'
}

/**
 * Nodes, slots and clients, shared by all threads. The supervisor owns it; the dispatcher writes nodes and slots; every
 * forwarder writes its own region, and clients. Where a field lives, and who may write it, is in `layout.ts`.
 */
export class ConnectionTable {
  readonly buffer: SharedArrayBuffer
  readonly layout: TableLayout
  readonly #words: Int32Array
  readonly #slots: Uint8Array
  readonly #clients: ClientBuckets
  readonly #nodes: NodeRows
  readonly #regions: ForwarderRegions
  readonly #affinity: AffinityMask
  readonly #tied: TiedEntries

  /** Throws TableLayoutError when the buffer was made by another version. */
  constructor(buffer: SharedArrayBuffer) {
    const words = new Int32Array(buffer)
    if (words[HEADER.MAGIC] !== MAGIC || words[HEADER.VERSION] !== LAYOUT_VERSION) {
      throw new TableLayoutError('The connection table was made by another version of proxyha: restart all of it.')
    }
    this.buffer = buffer
    this.layout = tableLayout(words[HEADER.WAYS]!, words[HEADER.FORWARDERS]!, words[HEADER.CONNECTIONS_PER_FORWARDER]!)
    this.#words = words
    const numbers = new Float64Array(buffer, 0, Math.floor(buffer.byteLength / 8))
    this.#slots = new Uint8Array(buffer, this.layout.slotsByte, SLOT_COUNT)
    this.#clients = new ClientBuckets(words, this.layout)
    this.#nodes = new NodeRows(words, numbers, this.layout)
    this.#regions = new ForwarderRegions(words, numbers, this.layout)
    this.#tied = new TiedEntries(words, this.layout)
    this.#affinity = new AffinityMask({ ipv4: words[HEADER.AFFINITY_IPV4]!, ipv6: words[HEADER.AFFINITY_IPV6]! })
  }

  /** A new table: no nodes, every slot nobody's, no clients. */
  static create(size: TableSize): ConnectionTable {
    if (size.forwarders > MAX_FORWARDERS) {
      throw new TableLayoutError(`A table has room for ${MAX_FORWARDERS} forwarders, not ${size.forwarders}.`)
    }
    const ways = waysFor(size.clients)
    const layout = tableLayout(ways, size.forwarders, size.connectionsPerForwarder)
    const words = new Int32Array(new SharedArrayBuffer(layout.byteLength))
    words[HEADER.MAGIC] = MAGIC
    words[HEADER.VERSION] = LAYOUT_VERSION
    words[HEADER.WAYS] = ways
    words[HEADER.FORWARDERS] = size.forwarders
    words[HEADER.CONNECTIONS_PER_FORWARDER] = size.connectionsPerForwarder
    const { ipv4, ipv6 } = size.affinity ?? BY_ADDRESS
    words[HEADER.AFFINITY_IPV4] = ipv4
    words[HEADER.AFFINITY_IPV6] = ipv6
    new Uint8Array(words.buffer, layout.slotsByte, SLOT_COUNT).fill(NOBODY)
    return new ConnectionTable(words.buffer)
  }

  /**
   * Says what a node is. An index that is given to another address starts from zero, and pins to the old one are void;
   * connections of the old address that still live stay in `activeConnections` until they end.
   */
  setNode(index: number, setting: NodeSetting): void {
    const key = parseClientKey(setting.address)
    if (key === undefined) throw new TableLayoutError(`'${setting.address}' is not an address.`)
    this.#nodes.set(index, setting, key)
  }

  /** A node's row; undefined while its index is free. */
  node(index: number): NodeRow | undefined {
    return this.#nodes.row(index)
  }

  /** The index that an address has; undefined when it has none. */
  nodeIndexOf(address: string): number | undefined {
    const key = parseClientKey(address)
    return key && this.#nodes.indexOf(key)
  }

  /** Counts how often the index was given to another address; odd while that is under way. */
  nodeEpoch(index: number): number {
    return this.#nodes.epoch(index)
  }

  /** The address of an index together with the epoch for which it holds; undefined while it is being changed. */
  nodeAddress(index: number): { readonly key: ClientKey; readonly epoch: number } | undefined {
    return this.#nodes.address(index)
  }

  /** Whether a node's proxy for a redirect works, as far as is known. */
  nodeServes(index: number, redirectIndex: number): boolean {
    return this.#nodes.serves(index, redirectIndex)
  }

  /** The redirects for which a node takes new connections, a bit each; 0 where it takes none. */
  nodeTakes(index: number): number {
    return this.#nodes.taken(index)
  }

  /** Whether what is open at a node is to be reset. */
  nodeResets(index: number): boolean {
    return this.#nodes.resets(index)
  }

  /** Connections to a node now, over all forwarders. */
  activeConnections(index: number): number {
    return this.#nodes.activeConnections(index)
  }

  /**
   * The node with the fewest connections for its weight, of those that take new clients and are not in the mask of
   * nodes that were tried (bits 0..31 and 32..63). The lower index where two are equal; NOBODY when none is left.
   */
  nextBest(triedLow: number, triedHigh: number): number {
    return this.#nodes.nextBest(triedLow, triedHigh)
  }

  /** Replaces the owners of all slots: 4096 node indices, NOBODY where a slot has none. */
  setSlots(slots: Uint8Array, generation: number): void {
    this.#slots.set(slots.subarray(0, SLOT_COUNT))
    Atomics.store(this.#words, HEADER.GENERATION, generation)
  }

  /** A copy of the slots' owners. */
  readSlots(): Uint8Array {
    return Uint8Array.from(this.#slots)
  }

  /** Replaces the clients that are tied to nodes: at most 256, each with the index of its node. Where clients are told apart by prefix, their prefix is. */
  setTied(tied: readonly TableTie[]): void {
    this.#tied.set(
      tied.flatMap(({ client, node }) => {
        const key = parseClientKey(client)
        if (key === undefined) return []
        const [k0, k1, k2, k3] = this.#affinity.masked(...key)
        return [{ key: [k0!, k1!, k2!, k3!], node }]
      }),
    )
  }

  /** As written last. */
  readTied(): readonly TableTie[] {
    return this.#tied.read()
  }

  /** The index of the node that a client is tied to, and that takes new ones; NOBODY where there is none. */
  tiedNodeOf(address: string): number {
    const key = parseClientKey(address)
    return key === undefined ? NOBODY : this.#tiedNode(this.#affinity.masked(...key))
  }

  /** The generation of the slots, 0..2^32-1. */
  get generation(): number {
    return Atomics.load(this.#words, HEADER.GENERATION) >>> 0
  }

  /** The slot of a client, 0..4095; that of `::` for a text that is no address. */
  slotOf(address: string): number {
    return this.#slotOfMasked(this.#affinity.masked(...(parseClientKey(address) ?? ([0, 0, 0, 0] as const))))
  }

  /** What is known of a client; undefined when it is not in the table. */
  find(address: string): ClientState | undefined {
    const key = parseClientKey(address)
    if (key === undefined) return undefined
    const prefix = this.#affinity.masked(...key)
    const [m0, m1, m2, m3] = prefix
    const entry = this.#clients.lookup(this.#slotOfMasked(prefix), m0!, m1!, m2!, m3!)
    return entry < 0 ? undefined : this.#clients.state(entry)
  }

  /**
   * At most `take` clients in no order, from an entry on and without the first `skip`; with `take` 0 they are counted only. `seen`: those
   * that were met, `next`: the entry to go on from, null at the end. One call looks at a part of a large table only.
   */
  clients(from: number, skip: number, take: number): { clients: string[]; seen: number; next: number | null } {
    const clients: string[] = []
    let seen = 0
    const end = Math.min(this.layout.entries, from + ENTRIES_READ_MAX)
    for (let entry = from; entry < end; entry++) {
      const key = this.#clients.keyOf(entry)
      if (key === undefined) continue
      const isWanted = seen >= skip && take > 0
      if (isWanted && clients.length === take) return { clients, seen, next: entry }
      seen += 1
      if (isWanted) clients.push(formatClientKey(key))
    }
    return { clients, seen, next: end < this.layout.entries ? end : null }
  }

  /** Frees the clients without connections that were not seen for `idleS`; returns how many. To be called by one thread only. */
  sweep(nowS: number, idleS: number): number {
    return this.#clients.sweep(nowS, idleS)
  }

  /**
   * The node for a client's next connection: the one that it is tied to, or where it has connections, as long as that node takes new ones (a pin);
   * else the owner of its slot; else, if that one takes no new clients, the next best. NOBODY when there is none.
   */
  route(k0: number, k1: number, k2: number, k3: number): number {
    const key = this.#affinity.masked(k0, k1, k2, k3)
    const tied = this.#tiedNode(key)
    if (tied !== NOBODY) return tied
    const slot = this.#slotOfMasked(key)
    const entry = this.#clients.lookup(slot, key[0]!, key[1]!, key[2]!, key[3]!)
    if (entry >= 0) {
      const pin = this.#clients.pin(entry)
      const node = pin & 255
      if (this.#keepsPins(node, pin >>> 8) && this.#clients.active(entry) > 0) return node
    }
    const owner = this.#slots[slot]!
    return owner < MAX_NODES && this.#nodes.takesClients(owner) ? owner : this.#nodes.nextBest(0, 0)
  }

  #tiedNode(key: Uint32Array): number {
    const node = this.#tied.nodeOf(key[0]!, key[1]!, key[2]!, key[3]!)
    return node !== NOBODY && this.#nodes.takesClients(node) ? node : NOBODY
  }

  #keepsPins(node: number, pinEpoch: number): boolean {
    if (node >= MAX_NODES || pinEpoch !== ((this.#nodes.epoch(node) >>> 1) & 0xff_ffff)) return false
    return this.#nodes.takesClients(node)
  }

  /**
   * Counts a connection of a client and pins the client to the node. Returns how many connections the client has now;
   * 0 when the table has no room for it: it is served all the same, by its slot.
   */
  connectionOpened(
    forwarder: number,
    connection: number,
    k0: number,
    k1: number,
    k2: number,
    k3: number,
    node: number,
    nowS: number,
  ): number {
    const key = this.#affinity.masked(k0, k1, k2, k3)
    const slot = this.#slotOfMasked(key)
    const pin = this.#pinTo(node)
    const entry = this.#clients.acquire(forwarder, slot, key[0]!, key[1]!, key[2]!, key[3]!, pin, nowS)
    this.#regions.connectionOpened(forwarder, connection, entry, node)
    return entry < 0 ? 0 : this.#clients.active(entry)
  }

  /** The connection goes to another node than it was opened for: so does the pin. */
  connectionMoved(forwarder: number, connection: number, node: number): void {
    const entry = this.#regions.connectionMoved(forwarder, connection, node)
    if (entry >= 0) this.#clients.setPin(entry, this.#pinTo(node))
  }

  /** Undoes what was counted for a connection; a second call does nothing. */
  connectionClosed(forwarder: number, connection: number, nowS: number): void {
    const entry = this.#regions.connectionClosed(forwarder, connection)
    if (entry >= 0) this.#clients.release(forwarder, entry, nowS)
  }

  #slotOfMasked(key: Uint32Array): number {
    return slotOfKey(key[0]!, key[1]!, key[2]!, key[3]!)
  }

  #pinTo(node: number): number {
    return node | (((this.#nodes.epoch(node) >>> 1) & 0xff_ffff) << 8)
  }

  /** Makes room for one more connection; false where all forwarders together have `most` already. */
  admit(forwarder: number, most: number): boolean {
    return this.#regions.admit(forwarder, most)
  }

  /** Gives the room of one connection back. */
  leave(forwarder: number): void {
    this.#regions.leave(forwarder)
  }

  /** Connections of all forwarders that have room. */
  get openConnections(): number {
    return this.#regions.open()
  }

  /** Counts an attempt to connect to a node, when it has been answered or has failed. */
  attempted(forwarder: number, node: number, answered: boolean): void {
    this.#regions.attempted(forwarder, node, answered)
  }

  /** Adds what a forwarder moved to and from a node. */
  addBytes(forwarder: number, node: number, toNode: number, toClient: number): void {
    this.#regions.addBytes(forwarder, node, toNode, toClient)
  }

  /** A sign of life of a forwarder's loop. */
  beat(forwarder: number): void {
    this.#regions.beat(forwarder)
  }

  /** Turns of a forwarder's loop so far; what does not change is stalled (an idle loop turns once a second). */
  heartbeat(forwarder: number): number {
    return this.#regions.heartbeat(forwarder)
  }

  count(forwarder: number, counter: ForwarderCounter, by = 1): void {
    this.#regions.count(forwarder, counter, by)
  }

  /** The counters of one forwarder's index since the table was made, over all its incarnations. */
  counters(forwarder: number): Readonly<Record<ForwarderCounter, number>> {
    return this.#regions.counters(forwarder)
  }

  /**
   * The descriptors + 1 that a forwarder has open, 0 where there is none: OWN_DESCRIPTORS of its own, then two per
   * connection. It is the forwarder's only record of them, so that nothing is lost with its thread.
   */
  descriptors(forwarder: number): Int32Array {
    return this.#regions.descriptors(forwarder)
  }

  /**
   * Undoes what a dead forwarder's connections had counted, at clients and nodes, and frees the locks that it held.
   * Only once its thread has ended; totals, bytes and counters stay. Returns the descriptors that it left open, which
   * the caller has to close: its listeners would go on taking connections that nobody accepts.
   */
  reapForwarder(forwarder: number): number[] {
    const left = this.#regions.reap(forwarder)
    this.#clients.reap(forwarder)
    return left
  }
}
