import type { ClientKey } from '../../../runtime/table/client-key.ts'

export interface StressThreadData {
  readonly buffer: SharedArrayBuffer
  readonly forwarder: number
  readonly clients: number
  readonly nodes: number
  readonly seed: number
}

/** xorshift32: a stream of 32-bit numbers that a seed determines. */
export function seededRandom(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** A key each word of which says which client it is: a key of two clients' words is told by `stressClientOf`. */
export function stressClient(index: number): ClientKey {
  return [0x2001_0000 + index, (index * 0x9e37_79b1) >>> 0, ~index >>> 0, (index ^ 0x5a5a_5a5a) >>> 0]
}

/** The client of a key; undefined when the key is torn. */
export function stressClientOf(key: ClientKey): number | undefined {
  const index = key[0] - 0x2001_0000
  return stressClient(index).every((word, at) => word === key[at]) ? index : undefined
}
