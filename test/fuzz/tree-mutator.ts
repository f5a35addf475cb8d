/** Changes of what a format holds (lists, mappings, texts, numbers), for formats of which nearly every change of bytes is no such format any more. */
import type { SeededRandom } from '../fakes/random.ts'
import { below, oneOf } from './mutator.ts'

const CHANGES_MOST = 4

const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  0.5,
  2,
  64,
  65,
  255,
  256,
  4095,
  4096,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -0,
  '',
  ' ',
  'a',
  '10.0.0.1',
  '10.0.0.1/24',
  'fd00::1',
  '0',
  '1s',
  '-1s',
  'x'.repeat(300),
  '\u202e',
  '\n',
  '__proto__',
  'constructor',
  [],
  {},
  [[]],
  [null],
  { a: 1 },
]

/** Another value, a few changes away. `atoms`: further values that mean something to the code. */
export function mutatedTree(value: unknown, random: SeededRandom, atoms: readonly unknown[] = []): unknown {
  let changed = value
  for (let left = 1 + below(random, CHANGES_MOST); left > 0; left--) {
    const places = placesIn(changed)
    changed = withChange(changed, oneOf(random, places), (there) => change(there, changed, random, atoms))
  }
  return changed
}

type Path = readonly (string | number)[]
const LEFT_OUT = Symbol('left out')

function placesIn(value: unknown, path: Path = [], found: Path[] = []): Path[] {
  found.push(path)
  if (Array.isArray(value)) for (const [index, each] of value.entries()) placesIn(each, [...path, index], found)
  else if (isMapping(value)) for (const [key, each] of Object.entries(value)) placesIn(each, [...path, key], found)
  return found
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function withChange(value: unknown, [step, ...rest]: Path, make: (value: unknown) => unknown): unknown {
  if (step === undefined) {
    const made = make(value)
    return made === LEFT_OUT ? null : made
  }
  const isLast = rest.length === 0
  if (Array.isArray(value)) {
    const made = isLast ? make(value[step as number]) : withChange(value[step as number], rest, make)
    return value.flatMap((each, index) => (index !== step ? [each] : made === LEFT_OUT ? [] : [made]))
  }
  const fields = value as Record<string, unknown>
  const made = isLast ? make(fields[step]) : withChange(fields[step], rest, make)
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, each]) =>
      key !== step ? [[key, each]] : made === LEFT_OUT ? [] : [[key, made]],
    ),
  )
}

function change(value: unknown, whole: unknown, random: SeededRandom, atoms: readonly unknown[]): unknown {
  const other = () => (below(random, 2) === 0 && atoms.length > 0 ? oneOf(random, atoms) : oneOf(random, ODD))
  const kind = below(random, 8)
  if (kind === 0) return LEFT_OUT
  if (kind === 1) return other()
  // A part of the same in another place.
  if (kind === 2) return partAt(whole, oneOf(random, placesIn(whole)))
  if (Array.isArray(value)) {
    if (kind < 5 && value.length > 0) return [...value, oneOf(random, value)]
    if (kind === 5) return Array<unknown>(below(random, 300)).fill(value[0] ?? other())
    return value.toSpliced(below(random, value.length + 1), 0, other())
  }
  if (isMapping(value)) {
    const name = String(
      below(random, 2) === 0 && atoms.length > 0 ? oneOf(random, atoms) : oneOf(random, ['a', '', 'key', '0']),
    )
    return { ...value, [name]: other() }
  }
  if (value instanceof Uint8Array) return changedBytes(value, random)
  if (typeof value === 'number') return kind < 5 ? value + oneOf(random, [-1, 1, 0.5, 256, -256]) : other()
  if (typeof value === 'string') return changedText(value, random)
  return other()
}

function changedBytes(value: Uint8Array, random: SeededRandom): Uint8Array {
  const at = below(random, value.length + 1)
  if (below(random, 2) === 0) return value.subarray(0, at)
  const bytes = Uint8Array.from([...value, ...(below(random, 2) === 0 ? value.subarray(0, at) : [])])
  if (bytes.length > 0) bytes[below(random, bytes.length)] = random.uint32()
  return bytes
}

function changedText(value: string, random: SeededRandom): string {
  const at = below(random, value.length + 1)
  const between = oneOf(random, ['', '0', '9', '.', ':', '/', '-', ' ', '%', 'a', '\u0000', '\u202e', value])
  return value.slice(0, at) + between + value.slice(at + below(random, 3))
}

const partAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((part, step) => (part as Record<string | number, unknown>)[step], value)
