import { MAX_GROUP_NODES } from '../../runtime/wire/group-bounds.ts'
import type { HoldersOfMessage } from '../discovery/messages.ts'

/** Who has most connections, at all nodes together, told to whoever asks what is wrong. */
const HEAVIEST_TOLD = 8
/** From a node's look at its sockets to the word of it here, and what a busy host takes beside. */
const ON_ITS_WAY_MS = 3000

/** A client with its connections at a node. */
export interface Holder {
  readonly client: string
  /** Management IP. */
  readonly node: string
  readonly connections: number
}

interface Word {
  readonly all: boolean
  readonly connections: ReadonlyMap<string, number>
  readonly atMs: number
}

/**
 * Who has how many connections, as each node has said last of its own: only they see them in kernel mode. A node names those of its clients
 * that have most, and all where they are few. For people: nothing is decided by it.
 */
export class Holders {
  readonly #words = new Map<string, Word>()

  note({ address, all, holders }: HoldersOfMessage, nowMs: number): void {
    this.#words.delete(address)
    const connections = new Map(holders.map((holder) => [holder.client, holder.connections]))
    this.#words.set(address, { all, connections, atMs: nowMs })
    const [first] = this.#words.keys()
    if (this.#words.size > MAX_GROUP_NODES && first !== undefined) this.#words.delete(first)
  }

  /**
   * The connections of a client to these nodes, the first of which is its own; null where that is not known. `idleMs`: since its last
   * packet; who has sent one since its node looked may have one more.
   */
  connectionsOf(client: string, nodes: readonly string[], idleMs: number | null, nowMs: number): number | null {
    const words = nodes.map((node) => this.#words.get(node))
    const [own] = words
    const sum = words.reduce((before, word) => before + (word?.connections.get(client) ?? 0), 0)
    if (own?.connections.has(client) === true) return sum
    const isComplete = words.every((word) => word?.all === true)
    const isNewer = own === undefined || (idleMs !== null && idleMs < nowMs - own.atMs + ON_ITS_WAY_MS)
    return isComplete && !isNewer ? sum : null
  }

  /** Everybody who is named. */
  clients(): ReadonlySet<string> {
    return new Set([...this.#words.values()].flatMap(({ connections }) => [...connections.keys()]))
  }

  /** Those of these nodes that have most, one after the other; null where no node has said anything. */
  heaviest(nodes: readonly string[]): readonly Holder[] | null {
    const told = nodes.filter((node) => this.#words.has(node))
    if (told.length === 0) return null
    const holders = told.flatMap((node) =>
      Array.from(this.#words.get(node)?.connections ?? [], ([client, connections]) => ({ client, node, connections })),
    )
    return holders.toSorted((one, other) => other.connections - one.connections).slice(0, HEAVIEST_TOLD)
  }
}
