import { type ClientKey, formatClientKey } from './client-key.ts'
import { FAILING_REDIRECTS_MAX, MAX_NODES, NOBODY, NODE, nodeRow, REGION, type TableLayout } from './layout.ts'

/** `stale`: not heard of. Only `ok` nodes get new connections, whoever asks; what is open at the others goes on. */
const NODE_STATES = ['free', 'ok', 'failure', 'stale', 'draining'] as const
export type NodeState = (typeof NODE_STATES)[number]

/** In the order of `NODE.BASE`. */
const COUNTED = [REGION.NODE_ANSWERED, REGION.NODE_FAILED, REGION.NODE_TO_NODE, REGION.NODE_TO_CLIENT] as const

const FREE = NODE_STATES.indexOf('free')
const OK = NODE_STATES.indexOf('ok')

/** What the dispatcher says of a node. */
export interface NodeSetting {
  /** Management IP. */
  readonly address: string
  readonly state: NodeState
  /** 0..256: its share among the nodes that stand in for one that fails; 0 = none. */
  readonly weight: number
  /** Bit i: its proxy for redirect i does not work. Missing: all do. */
  readonly failing?: number
  /** What is open there is to be reset. Missing: it is left alone. */
  readonly resets?: true
}

/** A node with what the forwarders counted since this address got its index. */
export interface NodeRow extends NodeSetting {
  readonly activeConnections: number
  /** Those that the node has answered. */
  readonly totalConnections: number
  /** Attempts to connect that it has not. */
  readonly failedConnections: number
  readonly bytesToNode: number
  readonly bytesToClient: number
}

/**
 * The nodes of the connection table: what the dispatcher wrote of each, and the sums of what the forwarders counted at it.
 * The table's methods, by which all access goes, say what each of these does.
 */
export class NodeRows {
  readonly #layout: TableLayout
  readonly #words: Int32Array
  readonly #numbers: Float64Array

  constructor(words: Int32Array, numbers: Float64Array, layout: TableLayout) {
    this.#words = words
    this.#numbers = numbers
    this.#layout = layout
  }

  set(index: number, setting: NodeSetting, key: ClientKey): void {
    const row = nodeRow(this.#layout, index)
    if (this.#key(row).some((word, at) => word !== key[at])) this.#giveRow(index, row, key)
    this.#words[row + NODE.WEIGHT] = setting.weight
    this.#words[row + NODE.FAILING] = setting.failing ?? 0
    Atomics.store(this.#words, row + NODE.RESETS, setting.resets === true ? 1 : 0)
    Atomics.store(this.#words, row + NODE.STATE, NODE_STATES.indexOf(setting.state))
  }

  #giveRow(index: number, row: number, key: ClientKey): void {
    const words = this.#words
    Atomics.store(words, row + NODE.STATE, FREE)
    Atomics.add(words, row + NODE.EPOCH, 1)
    for (const [at, word] of key.entries()) Atomics.store(words, row + NODE.ADDRESS + at, word)
    const base = (row + NODE.BASE) / 2
    for (const [at, field] of COUNTED.entries()) this.#numbers[base + at] = this.#sum(index, field)
    Atomics.add(words, row + NODE.EPOCH, 1)
  }

  #key(row: number): ClientKey {
    const word = (at: number) => Atomics.load(this.#words, row + NODE.ADDRESS + at) >>> 0
    return [word(0), word(1), word(2), word(3)]
  }

  row(index: number): NodeRow | undefined {
    const row = nodeRow(this.#layout, index)
    const state = NODE_STATES[Atomics.load(this.#words, row + NODE.STATE)]
    if (state === undefined || state === 'free') return undefined
    const base = (row + NODE.BASE) / 2
    const failing = this.#words[row + NODE.FAILING]!
    const counted = COUNTED.map((field, at) => this.#sum(index, field) - this.#numbers[base + at]!)
    const [totalConnections = 0, failedConnections = 0, bytesToNode = 0, bytesToClient = 0] = counted
    return {
      address: formatClientKey(this.#key(row)),
      state,
      weight: this.#words[row + NODE.WEIGHT]!,
      ...(failing === 0 ? {} : { failing }),
      ...(this.resets(index) ? { resets: true } : {}),
      activeConnections: this.activeConnections(index),
      totalConnections,
      failedConnections,
      bytesToNode,
      bytesToClient,
    }
  }

  indexOf(key: ClientKey): number | undefined {
    for (let index = 0; index < MAX_NODES; index++) {
      const row = nodeRow(this.#layout, index)
      if (Atomics.load(this.#words, row + NODE.STATE) === FREE) continue
      if (this.#key(row).every((word, at) => word === key[at])) return index
    }
    return undefined
  }

  epoch(index: number): number {
    return Atomics.load(this.#words, nodeRow(this.#layout, index) + NODE.EPOCH)
  }

  address(index: number): { readonly key: ClientKey; readonly epoch: number } | undefined {
    const epoch = this.epoch(index)
    const key = this.#key(nodeRow(this.#layout, index))
    return (epoch & 1) === 0 && this.epoch(index) === epoch ? { key, epoch } : undefined
  }

  activeConnections(index: number): number {
    let at = this.#layout.regions + REGION.NODE_ACTIVE + index
    let sum = 0
    for (let n = 0; n < this.#layout.forwarders; n++, at += this.#layout.regionWords) sum += this.#words[at]!
    return sum
  }

  #sum(index: number, field: number): number {
    let at = (this.#layout.regions + field) / 2 + index
    let sum = 0
    for (let n = 0; n < this.#layout.forwarders; n++, at += this.#layout.regionWords / 2) sum += this.#numbers[at]!
    return sum
  }

  /** Whether its proxy for a redirect works, as far as is known. */
  serves(node: number, redirectIndex: number): boolean {
    if (redirectIndex >= FAILING_REDIRECTS_MAX) return true
    return (this.#words[nodeRow(this.#layout, node) + NODE.FAILING]! & (1 << redirectIndex)) === 0
  }

  /** The redirects that it takes new connections for, a bit each; those beyond the last bit as a node. */
  taken(node: number): number {
    return this.takesClients(node) ? ~this.#words[nodeRow(this.#layout, node) + NODE.FAILING]! : 0
  }

  /** Whether a node takes new connections. */
  takesClients(node: number): boolean {
    return Atomics.load(this.#words, nodeRow(this.#layout, node) + NODE.STATE) === OK
  }

  /** Whether what is open at a node is to be reset. */
  resets(node: number): boolean {
    return Atomics.load(this.#words, nodeRow(this.#layout, node) + NODE.RESETS) === 1
  }

  nextBest(triedLow: number, triedHigh: number): number {
    let best = NOBODY
    let bestLoad = Number.POSITIVE_INFINITY
    for (let node = 0; node < MAX_NODES; node++) {
      const tried = node < 32 ? triedLow >>> node : triedHigh >>> (node - 32)
      if ((tried & 1) === 1 || !this.takesClients(node)) continue
      const load = (this.activeConnections(node) + 1) / this.#words[nodeRow(this.#layout, node) + NODE.WEIGHT]!
      // A node without weight gets no new clients; but where no other is left it takes them.
      if (best === NOBODY || load < bestLoad) {
        best = node
        bestLoad = load
      }
    }
    return best
  }
}
