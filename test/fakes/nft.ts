import type { Nft, NftCounter, NftElement, NftOutline, NftSetShape } from '../../runtime/ports/nft/nft.ts'
import { done, type Refusal, type Result, refused } from '../../runtime/ports/result.ts'

/**
 * Keeps the scripts that were applied. It does not understand them: what the listings give is set by hand, and setting it
 * counts as a transaction of somebody else.
 */
export class FakeNft implements Nft {
  readonly scripts: string[] = []
  readonly checked: string[] = []
  readonly #tables = new Map<string, string>()
  readonly #elements = new Map<string, readonly NftElement[]>()
  readonly #shapes = new Map<string, NftSetShape>()
  readonly #counts = new Map<string, number>()
  #refusal: Refusal | undefined
  #generation = 1

  /** What `outlineTable` tells the table by from now on; undefined = there is no such table. */
  setTable(family: string, table: string, digest: string | undefined): void {
    this.#generation++
    if (digest === undefined) this.#tables.delete(`${family} ${table}`)
    else this.#tables.set(`${family} ${table}`, digest)
  }

  /** What a set or a map has from now on. */
  setElements(family: string, table: string, set: string, elements: readonly NftElement[]): void {
    this.#elements.set(`${family} ${table} ${set}`, elements)
  }

  /** What a set or a map can hold from now on. */
  setShapeOf(family: string, table: string, set: string, shape: NftSetShape): void {
    this.#shapes.set(`${family} ${table} ${set}`, shape)
  }

  /** What `elementCount` gives for a set, and a counter has in packets, from now on; in bytes a thousand times that. */
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

  outlineTable(family: string, table: string): Result<NftOutline | null> {
    const digest = this.#tables.get(`${family} ${table}`)
    return { ok: true, value: digest === undefined ? null : { digest, sets: [], chains: [] } }
  }

  async eachElement(
    family: string,
    table: string,
    set: string,
    take: (element: NftElement) => boolean,
  ): Promise<Result> {
    const elements = this.#elements.get(`${family} ${table} ${set}`)
    if (elements === undefined) return refused('ENOENT', `there is no ${set}`)
    elements.every(take)
    return done
  }

  element(family: string, table: string, set: string, key: Uint8Array): Result<NftElement | null> {
    const elements = this.#elements.get(`${family} ${table} ${set}`) ?? []
    return { ok: true, value: elements.find((element) => element.key.equals(key)) ?? null }
  }

  setShape(family: string, table: string, set: string): Result<NftSetShape> {
    const value = this.#shapes.get(`${family} ${table} ${set}`)
    return value === undefined ? refused('ENOENT', `there is no ${set}`) : { ok: true, value }
  }

  generation(): Result<number> {
    return { ok: true, value: this.#generation }
  }

  elementCount(family: string, table: string, set: string): Result<number | null> {
    return this.#count(family, table, set)
  }

  counter(family: string, table: string, counter: string): Result<NftCounter> {
    const count = this.#count(family, table, counter)
    return count.ok ? { ok: true, value: { packets: count.value, bytes: count.value * 1000 } } : count
  }

  #count(family: string, table: string, name: string): Result<number> {
    const value = this.#counts.get(`${family} ${table} ${name}`)
    return value === undefined ? refused('ENOENT', `there is no ${name}`) : { ok: true, value }
  }
}
