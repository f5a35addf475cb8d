import type { NftElement } from '../../../runtime/ports/nft/nft.ts'
import type { Pin } from '../ruleset/ruleset-types.ts'
import { pinOf } from './listing.ts'

/** A record: length of the key (1), two bytes unused, whether it expires (1), mark (4), what is left in ms (8, a double), key (16). */
const RECORD_BYTES = 32
const CHUNK_RECORDS = 8192

/** Pins as the kernel told them, in 32 bytes each: there may be millions, and few of them are looked at. */
export class PackedPins {
  readonly #chunks: Buffer[] = []
  #length = 0
  /** Pins that there are beside these, as far as the kernel says. */
  beyond = 0

  get length(): number {
    return this.#length
  }

  add({ key, data, expiresMs }: NftElement): void {
    if (key.length > 16 || data.length !== 4) return
    const at = this.#length % CHUNK_RECORDS
    if (at === 0) this.#chunks.push(Buffer.alloc(CHUNK_RECORDS * RECORD_BYTES))
    const record = this.#record(this.#length)
    record[0] = key.length
    record[3] = expiresMs === null ? 0 : 1
    record.set(data, 4)
    record.writeDoubleLE(expiresMs ?? 0, 8)
    record.set(key, 16)
    this.#length++
  }

  /** From one index up to another. */
  slice(from: number, to: number): readonly Pin[] {
    const end = Math.min(to, this.#length)
    return Array.from({ length: Math.max(0, end - from) }, (_, index) => this.#read(from + index)).flat()
  }

  #read(index: number): readonly Pin[] {
    const record = this.#record(index)
    const expiresMs = record[3] === 0 ? null : record.readDoubleLE(8)
    return pinOf({ key: record.subarray(16, 16 + record[0]!), data: record.subarray(4, 8), expiresMs, counter: null })
  }

  #record(index: number): Buffer {
    const at = (index % CHUNK_RECORDS) * RECORD_BYTES
    return this.#chunks[Math.floor(index / CHUNK_RECORDS)]!.subarray(at, at + RECORD_BYTES)
  }
}
