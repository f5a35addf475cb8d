import { type ClientKey, formatClientKey } from './client-key.ts'
import { HEADER, NOBODY, type TableLayout, TIED_MAX, TIED_WORDS } from './layout.ts'

/** A client, as text, and the index of the node that it is tied to. */
export interface TableTie {
  readonly client: string
  readonly node: number
}

/** A client's key and the index of the node that it is tied to. */
export interface TiedEntry {
  readonly key: ClientKey
  readonly node: number
}

/**
 * The clients that an operator has tied to nodes: a short list, which costs who opens a connection one look while it is
 * empty. The dispatcher alone writes it. Who looks meanwhile may miss a client, which then goes by its slot once.
 */
export class TiedEntries {
  readonly #words: Int32Array
  readonly #first: number

  constructor(words: Int32Array, { tied }: TableLayout) {
    this.#words = words
    this.#first = tied
  }

  /** Replaces all; what is beyond TIED_MAX is left out. */
  set(entries: readonly TiedEntry[]): void {
    const words = this.#words
    const kept = entries.slice(0, TIED_MAX)
    Atomics.store(words, HEADER.TIED, 0)
    for (const [index, { key, node }] of kept.entries()) {
      words.set([...key, node], this.#first + index * TIED_WORDS)
    }
    Atomics.store(words, HEADER.TIED, kept.length)
  }

  /** The node of a client; NOBODY where it is not tied. */
  nodeOf(k0: number, k1: number, k2: number, k3: number): number {
    const words = this.#words
    const count = Atomics.load(words, HEADER.TIED)
    for (let index = 0, at = this.#first; index < count; index++, at += TIED_WORDS) {
      if (words[at + 3] !== (k3 | 0) || words[at + 2] !== (k2 | 0)) continue
      if (words[at + 1] === (k1 | 0) && words[at] === (k0 | 0)) return words[at + 4]!
    }
    return NOBODY
  }

  /** All of them, as written last. */
  read(): readonly TableTie[] {
    const count = Atomics.load(this.#words, HEADER.TIED)
    return Array.from({ length: count }, (_, index) => {
      const at = this.#first + index * TIED_WORDS
      const [k0, k1, k2, k3, node] = this.#words.subarray(at, at + TIED_WORDS)
      return { client: formatClientKey([k0! >>> 0, k1! >>> 0, k2! >>> 0, k3! >>> 0]), node: node! }
    })
  }
}
