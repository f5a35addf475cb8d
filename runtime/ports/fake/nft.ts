import type { Nft } from '../nft.ts'
import { done, type Refusal, type Result, refused } from '../result.ts'

/**
 * Keeps the scripts that were applied. It does not understand them: what the listings give is set by hand, and setting it
 * counts as a transaction of somebody else.
 */
export class FakeNft implements Nft {
  readonly scripts: string[] = []
  readonly checked: string[] = []
  readonly #tables = new Map<string, string>()
  readonly #maps = new Map<string, string>()
  readonly #counts = new Map<string, number>()
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

  /** What `elementCount` gives for a set, or `packetCount` for a counter, from now on. */
  setCount(family: string, table: string, name: string, count: number): void {
    this.#counts.set(`${family} ${table} ${name}`, count)
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

  elementCount(family: string, table: string, set: string): Result<number | null> {
    return this.#count(family, table, set)
  }

  packetCount(family: string, table: string, counter: string): Result<number> {
    return this.#count(family, table, counter)
  }

  #count(family: string, table: string, name: string): Result<number> {
    const value = this.#counts.get(`${family} ${table} ${name}`)
    return value === undefined ? refused('ENOENT', `there is no ${name}`) : { ok: true, value }
  }
}
