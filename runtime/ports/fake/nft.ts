import type { Nft } from '../nft.ts'
import { done, type Refusal, type Result } from '../result.ts'

/** Keeps the scripts that were applied. It does not understand them: what `listTable` gives is set by hand. */
export class FakeNft implements Nft {
  readonly scripts: string[] = []
  readonly #tables = new Map<string, string>()
  #refusal: Refusal | undefined

  /** What `listTable` gives from now on; undefined = there is no such table. */
  setTable(family: string, table: string, listing: string | undefined): void {
    if (listing === undefined) this.#tables.delete(`${family} ${table}`)
    else this.#tables.set(`${family} ${table}`, listing)
  }

  /** From now on every script is refused like this; undefined = no longer. */
  refuse(refusal: Refusal | undefined): void {
    this.#refusal = refusal
  }

  async apply(script: string): Promise<Result> {
    if (this.#refusal) return this.#refusal
    this.scripts.push(script)
    return done
  }

  async listTable(family: string, table: string): Promise<string | undefined> {
    return this.#tables.get(`${family} ${table}`)
  }
}
