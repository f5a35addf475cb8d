import type { Nft } from '../nft.ts'
import { done, type Refusal, type Result } from '../result.ts'

/**
 * Keeps the scripts that were applied. It does not understand them: what the listings give is set by hand, and setting it
 * counts as a transaction of somebody else.
 */
export class FakeNft implements Nft {
  readonly scripts: string[] = []
  readonly checked: string[] = []
  readonly #tables = new Map<string, string>()
  readonly #maps = new Map<string, string>()
  #refusal: Refusal | undefined
  #generation = 1

  /** What `listTable` and `outlineTable` give from now on; undefined = there is no such table. */
  setTable(family: string, table: string, listing: string | undefined): void {
    this.#generation++
    if (listing === undefined) this.#tables.delete(`${family} ${table}`)
    else this.#tables.set(`${family} ${table}`, listing)
  }

  /** What `listMap` gives from now on. */
  setMap(family: string, table: string, map: string, listing: string): void {
    this.#maps.set(`${family} ${table} ${map}`, listing)
  }

  /** From now on every script is refused like this; undefined = no longer. */
  refuse(refusal: Refusal | undefined): void {
    this.#refusal = refusal
  }

  async apply(script: string): Promise<Result> {
    if (this.#refusal) return this.#refusal
    this.#generation++
    this.scripts.push(script)
    return done
  }

  async check(script: string): Promise<Result> {
    this.checked.push(script)
    return this.#refusal ?? done
  }

  async listTable(family: string, table: string): Promise<string | undefined> {
    return this.#tables.get(`${family} ${table}`)
  }

  outlineTable(family: string, table: string): Promise<string | undefined> {
    return this.listTable(family, table)
  }

  async listMap(family: string, table: string, map: string): Promise<string | undefined> {
    return this.#maps.get(`${family} ${table} ${map}`)
  }

  generation(): Result<number> {
    return { ok: true, value: this.#generation }
  }
}
