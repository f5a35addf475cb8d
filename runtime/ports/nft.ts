import type { Result } from './result.ts'

/** Of tables. */
export type NftFamily = 'netdev' | 'arp' | 'inet'

/** The `nft` program. Scripts are applied as one transaction: all of it or nothing. */
export interface Nft {
  apply(script: string): Promise<Result>
  /** Whether the kernel would take the script; nothing of it is applied. */
  check(script: string): Promise<Result>
  /** The table as `nft list table` prints it; undefined where there is none. */
  listTable(family: string, table: string): Promise<string | undefined>
  /** The same without elements and counters: what only changes when somebody changes it. */
  outlineTable(family: string, table: string): Promise<string | undefined>
  /** `nft -j list map`; undefined where there is no such map. */
  listMap(family: string, table: string, map: string): Promise<string | undefined>
  /** A number that changes with every transaction in this network namespace, whoever made it. Costs no process. */
  generation(): Result<number>
  /** How many elements a set or a map has; null where the kernel does not say (Linux before 6.16). Costs no process. */
  elementCount(family: NftFamily, table: string, set: string): Result<number | null>
  /** The packets that a named counter has counted. Costs no process. */
  packetCount(family: NftFamily, table: string, counter: string): Result<number>
}
