import type { SeededRandom } from '../fakes/random.ts'

/** At most so many changes make one input of another. */
const CHANGES_MOST = 6
/** Values at which lengths, counters and types turn over. */
const EDGES = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 250, 255, 256, 511, 512, 1000, 1024, 1400, 4095, 4096,
  32_767, 32_768, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
]
const CHARACTERS = Array.from(' \n\t\r\0.:-_/#"\'{}[],|>&*!%@\\=;?~+<()$^0129azAZé\u202e\u{1f600}\u2028')

export const below = (random: SeededRandom, bound: number): number => random.uint32() % Math.max(1, bound)
export const oneOf = <Value>(random: SeededRandom, values: readonly Value[]): Value =>
  values[below(random, values.length)]!

/** What mutations may draw from. */
export interface Material {
  readonly words: readonly Uint8Array[]
  /** Whole inputs, one of which may give a part. */
  readonly pool: readonly Uint8Array[]
  readonly mostBytes: number
}

type Change = (bytes: Buffer, random: SeededRandom, material: Material) => Uint8Array

/** Another input: a few changes of bytes, as libFuzzer and AFL make them. */
export function mutated(input: Uint8Array, random: SeededRandom, material: Material): Uint8Array {
  let bytes = Buffer.from(input)
  for (let left = 1 + below(random, CHANGES_MOST); left > 0; left--)
    bytes = Buffer.from(oneOf(random, CHANGES)(bytes, random, material))
  return bytes.subarray(0, material.mostBytes)
}

const spliced = (bytes: Buffer, at: number, without: number, between: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), between, bytes.subarray(Math.min(bytes.length, at + without))])

function overwritten(bytes: Buffer, at: number, by: Uint8Array): Buffer {
  const changed = Buffer.from(bytes)
  changed.set(by.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length))
  return changed
}

/** A part of at most 64 bytes, mostly. */
function partOf(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const from = below(random, bytes.length)
  const most = below(random, 4) === 0 ? bytes.length : 64
  return bytes.subarray(from, from + 1 + below(random, most))
}

function number(random: SeededRandom): Uint8Array {
  const bytes = Buffer.alloc(oneOf(random, [1, 2, 4, 8]))
  const value = BigInt(oneOf(random, EDGES) + oneOf(random, [0, 0, 0, -1, 1]))
  const isLittle = below(random, 2) === 0
  for (let index = 0; index < bytes.length; index++) {
    const at = isLittle ? index : bytes.length - 1 - index
    bytes[at] = Number((value >> BigInt(8 * index)) & 0xffn)
  }
  return bytes
}

const CHANGES: readonly Change[] = [
  // A bit, and a byte.
  (bytes, random) => {
    const at = below(random, bytes.length)
    return overwritten(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << below(random, 8))))
  },
  (bytes, random) => overwritten(bytes, below(random, bytes.length), Uint8Array.of(random.uint32())),
  // A byte a little more or less: counts and lengths.
  (bytes, random) => {
    const at = below(random, bytes.length)
    return overwritten(bytes, at, Uint8Array.of((bytes[at] ?? 0) + oneOf(random, [-2, -1, 1, 2])))
  },
  (bytes, random) => overwritten(bytes, below(random, bytes.length), number(random)),
  (bytes, random) => spliced(bytes, below(random, bytes.length + 1), 0, number(random)),
  // Cut off; left out; twice; many times.
  (bytes, random) => bytes.subarray(0, below(random, bytes.length + 1)),
  (bytes, random) => spliced(bytes, below(random, bytes.length), 1 + below(random, 16), new Uint8Array()),
  (bytes, random) => spliced(bytes, below(random, bytes.length + 1), 0, partOf(bytes, random)),
  (bytes, random, { mostBytes }) => {
    const part = partOf(bytes, random)
    const times = Math.min(1 + below(random, 64), Math.floor(mostBytes / Math.max(1, part.length)))
    return spliced(bytes, below(random, bytes.length + 1), 0, Buffer.concat(Array<Uint8Array>(times).fill(part)))
  },
  // Of another input.
  (bytes, random, { pool }) =>
    spliced(bytes, below(random, bytes.length + 1), below(random, 2) * 8, partOf(oneOf(random, pool), random)),
  (bytes, random, { pool }) => {
    const other = oneOf(random, pool)
    return Buffer.concat([
      bytes.subarray(0, below(random, bytes.length + 1)),
      other.subarray(below(random, other.length)),
    ])
  },
  // What the code looks for, and characters that mean something somewhere.
  (bytes, random, { words }) => spliced(bytes, below(random, bytes.length + 1), 0, oneOf(random, words)),
  (bytes, random, { words }) => overwritten(bytes, below(random, bytes.length), oneOf(random, words)),
  (bytes, random) =>
    spliced(bytes, below(random, bytes.length + 1), below(random, 2), Buffer.from(oneOf(random, CHARACTERS))),
  // A line: left out, twice, elsewhere.
  (bytes, random) => {
    const lines = bytes.toString('latin1').split('\n')
    const [line = ''] = lines.splice(below(random, lines.length), 1)
    const times = below(random, 3)
    for (let nth = 0; nth < times; nth++) lines.splice(below(random, lines.length + 1), 0, line)
    return Buffer.from(lines.join('\n'), 'latin1')
  },
  // A number in a text.
  (bytes, random) => {
    const text = bytes.toString('latin1')
    const numbers = [...text.matchAll(/\d+/g)]
    const found = oneOf(random, numbers)
    if (found === undefined) return bytes
    const value = oneOf(random, [
      String(oneOf(random, EDGES)),
      '-1',
      '1e9',
      '0x10',
      '007',
      '1.5',
      '99999999999999999999',
    ])
    return Buffer.from(text.slice(0, found.index) + value + text.slice(found.index + found[0].length), 'latin1')
  },
]
