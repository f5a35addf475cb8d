import type { Result } from '../result.ts'

/** Of tables. */
export type NftFamily = 'netdev' | 'arp' | 'inet'

/** What a rule, an element or a named counter has counted. */
export interface NftCounter {
  readonly packets: number
  readonly bytes: number
}

/** One element of a set or a map, as the kernel has it: numbers of nft's type `mark` in the host's order, others in network order. */
export interface NftElement {
  readonly key: Buffer
  /** Of a map; of a set empty. */
  readonly data: Buffer
  /** Null: it stays. */
  readonly expiresMs: number | null
  readonly counter: NftCounter | null
}

/** What a set or a map can hold. */
export interface NftSetShape {
  readonly keyBytes: number
  readonly dataBytes: number
  /** 0: any number. */
  readonly most: number
  /** Packets may write its elements. */
  readonly byPackets: boolean
}

/** A table without what is in it. */
export interface NftOutline {
  /** Changes with whatever is changed of its chains, rules, sets and named counters. */
  readonly digest: string
  /** Sets, maps and counters that have a name. */
  readonly sets: readonly { readonly kind: string; readonly name: string }[]
  readonly chains: readonly string[]
}

/** The `nft` program. Scripts are applied as one transaction: all of it or nothing. */
export interface Nft {
  apply(script: string): Promise<Result>
  /** Whether the kernel would take the script; nothing of it is applied. */
  check(script: string): Promise<Result>
  /**
   * What the table consists of, without elements and counters: what only changes when somebody changes it. Null where there is none. Costs no
   * process.
   */
  outlineTable(family: NftFamily, table: string): Result<NftOutline | null>
  /**
   * Gives every element of a set or a map to `take`, which must not keep it, until that answers false: a part at a time, with other work
   * between two of them. What changes meanwhile may be missing, or there twice. `ENOENT`: there is no such set. Costs no process.
   */
  eachElement(family: NftFamily, table: string, set: string, take: (element: NftElement) => boolean): Promise<Result>
  /** The element with that key; null where there is none, or no such set. Costs no process. */
  element(family: NftFamily, table: string, set: string, key: Uint8Array): Result<NftElement | null>
  /** What a set or a map can hold. `ENOENT`: there is no such set. Costs no process. */
  setShape(family: NftFamily, table: string, set: string): Result<NftSetShape>
  /** A number that changes with every transaction in this network namespace, whoever made it. Costs no process. */
  generation(): Result<number>
  /** How many elements a set or a map has; null where the kernel does not say (Linux before 6.16). Costs no process. */
  elementCount(family: NftFamily, table: string, set: string): Result<number | null>
  /** What a named counter has counted. Costs no process. */
  counter(family: NftFamily, table: string, counter: string): Result<NftCounter>
}
