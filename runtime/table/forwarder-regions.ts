import {
  FORWARDER_COUNTERS,
  type ForwarderCounter,
  MAX_NODES,
  OWN_DESCRIPTORS,
  REGION,
  type TableLayout,
} from './layout.ts'

const COUNTER_INDEX = Object.fromEntries(FORWARDER_COUNTERS.map((name, index) => [name, index])) as Readonly<
  Record<ForwarderCounter, number>
>

/**
 * The regions of the forwarders in the connection table: what each says of its connections, its loop and its descriptors.
 * A region has one writer, so nothing in it is locked. `layout.ts` says where a field lives.
 */
export class ForwarderRegions {
  readonly #words: Int32Array
  readonly #numbers: Float64Array
  readonly #layout: TableLayout

  /** `words` and `numbers` are views of the whole table. */
  constructor(words: Int32Array, numbers: Float64Array, layout: TableLayout) {
    this.#words = words
    this.#numbers = numbers
    this.#layout = layout
  }

  /** Counts a connection at its node. `entry` is that of its client, -1 where the table had no room for that. */
  connectionOpened(forwarder: number, connection: number, entry: number, node: number): void {
    const record = this.#recordAt(forwarder, connection)
    this.#words[record] = entry + 1
    this.#countAtNode(forwarder, record, node)
  }

  /** Counts it at another node from now on. Returns its client's entry, or -1. */
  connectionMoved(forwarder: number, connection: number, node: number): number {
    const record = this.#recordAt(forwarder, connection)
    this.#uncountAtNode(forwarder, record)
    this.#countAtNode(forwarder, record, node)
    return this.#words[record]! - 1
  }

  /** Undoes what was counted. Returns its client's entry; -1 where there is none, and at a second call. */
  connectionClosed(forwarder: number, connection: number): number {
    const record = this.#recordAt(forwarder, connection)
    if (this.#words[record + 1] === 0) return -1
    this.#uncountAtNode(forwarder, record)
    const entry = this.#words[record]! - 1
    this.#words[record] = 0
    return entry
  }

  /**
   * Makes room for one more connection of all forwarders together; false where there are `most` already. As in Dekker's
   * algorithm, everybody counts first and looks then: two that want the last place may both be refused, never both get it.
   */
  admit(forwarder: number, most: number): boolean {
    const at = this.#regionAt(forwarder) + REGION.OPEN
    Atomics.store(this.#words, at, this.#words[at]! + 1)
    if (this.open() <= most) return true
    this.leave(forwarder)
    return false
  }

  /** The place of one connection is free again. */
  leave(forwarder: number): void {
    const at = this.#regionAt(forwarder) + REGION.OPEN
    Atomics.store(this.#words, at, this.#words[at]! - 1)
  }

  /** Connections of all forwarders. */
  open(): number {
    let at = this.#layout.regions + REGION.OPEN
    let sum = 0
    for (let n = 0; n < this.#layout.forwarders; n++, at += this.#layout.regionWords)
      sum += Atomics.load(this.#words, at)
    return sum
  }

  /** Counts an attempt to connect to a node by how it ended. */
  attempted(forwarder: number, node: number, answered: boolean): void {
    const field = answered ? REGION.NODE_ANSWERED : REGION.NODE_FAILED
    this.#numbers[(this.#regionAt(forwarder) + field) / 2 + node]! += 1
  }

  /** Adds what was moved to and from a node. */
  addBytes(forwarder: number, node: number, toNode: number, toClient: number): void {
    const region = this.#regionAt(forwarder)
    this.#numbers[(region + REGION.NODE_TO_NODE) / 2 + node]! += toNode
    this.#numbers[(region + REGION.NODE_TO_CLIENT) / 2 + node]! += toClient
  }

  /** A sign of life of the forwarder's loop. */
  beat(forwarder: number): void {
    const at = this.#regionAt(forwarder) + REGION.HEARTBEAT
    Atomics.store(this.#words, at, this.#words[at]! + 1)
  }

  /** How often it has given one. */
  heartbeat(forwarder: number): number {
    return Atomics.load(this.#words, this.#regionAt(forwarder) + REGION.HEARTBEAT)
  }

  count(forwarder: number, counter: ForwarderCounter, by: number): void {
    this.#numbers[(this.#regionAt(forwarder) + REGION.COUNTERS) / 2 + COUNTER_INDEX[counter]]! += by
  }

  counters(forwarder: number): Readonly<Record<ForwarderCounter, number>> {
    const at = (this.#regionAt(forwarder) + REGION.COUNTERS) / 2
    const read = FORWARDER_COUNTERS.map((name, index) => [name, this.#numbers[at + index]!] as const)
    return Object.fromEntries(read) as Record<ForwarderCounter, number>
  }

  /** The descriptors + 1 that are open, 0 where there is none: OWN_DESCRIPTORS of its own, then two per connection. */
  descriptors(forwarder: number): Int32Array {
    const at = this.#regionAt(forwarder) + REGION.DESCRIPTORS
    return this.#words.subarray(at, at + OWN_DESCRIPTORS + this.#layout.connectionsPerForwarder * 2)
  }

  /** Forgets the connections of a forwarder whose thread has ended. Returns the descriptors that it left open. */
  reap(forwarder: number): number[] {
    const descriptors = this.descriptors(forwarder)
    const left = Array.from(
      descriptors.filter((held) => held !== 0),
      (held) => held - 1,
    )
    descriptors.fill(0)
    const region = this.#regionAt(forwarder)
    Atomics.store(this.#words, region + REGION.OPEN, 0)
    this.#words.fill(0, region + REGION.NODE_ACTIVE, region + REGION.NODE_ACTIVE + MAX_NODES)
    this.#words.fill(0, region + this.#layout.connections, region + this.#layout.column)
    return left
  }

  #recordAt(forwarder: number, connection: number): number {
    return this.#regionAt(forwarder) + this.#layout.connections + connection * 2
  }

  #regionAt(forwarder: number): number {
    return this.#layout.regions + forwarder * this.#layout.regionWords
  }

  #countAtNode(forwarder: number, record: number, node: number): void {
    const region = this.#regionAt(forwarder)
    this.#words[record + 1] = node + 1
    this.#words[region + REGION.NODE_ACTIVE + node]! += 1
  }

  #uncountAtNode(forwarder: number, record: number): void {
    const node = this.#words[record + 1]! - 1
    this.#words[record + 1] = 0
    this.#words[this.#regionAt(forwarder) + REGION.NODE_ACTIVE + node]! -= 1
  }
}
