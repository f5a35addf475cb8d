import type { Result } from './result.ts'

/** The `nft` program. Scripts are applied as one transaction: all of it or nothing. */
export interface Nft {
  apply(script: string): Promise<Result>
  /** The table as `nft list table` prints it; undefined where there is none. */
  listTable(family: string, table: string): Promise<string | undefined>
}
