import { createHmac } from 'node:crypto'
import { RecordingError } from './recording-error.ts'

/**
 * What a machine's states, events and effects are made of, as JSON and back: beside JSON's own values Map, Set, typed arrays, bigint,
 * undefined, and numbers that are not finite, each as `{"$": what, "v": of what}`. Secrets are left out by the names of what they stand in.
 */
type Recorded = { readonly $: string; readonly v?: unknown }

/** What stands for a token, a URL, or an argument of a program: nothing is decided by it. */
const WITHHELD = '(withheld)'

/** The value as one line of JSON. */
export const encodeRecorded = (value: unknown): string => JSON.stringify(plain(value, ''))

function plain(value: unknown, name: string): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : { $: 'number', v: String(value) }
    case 'bigint':
      return { $: 'bigint', v: String(value) }
    case 'string':
      return name === 'url' || name === 'token' ? WITHHELD : value
    case 'undefined':
    case 'function':
    case 'symbol':
      return { $: 'undefined' }
    default:
      return typeof value === 'object' && value !== null ? plainObject(value, name) : value
  }
}

function plainObject(value: object, name: string): unknown {
  if (Array.isArray(value)) return plainArray(value, name)
  if (value instanceof Map) return { $: 'Map', v: [...value].map(([key, each]) => [plain(key, ''), plain(each, '')]) }
  if (value instanceof Set) return { $: 'Set', v: [...value].map((each) => plain(each, '')) }
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value
    const $ = Buffer.isBuffer(value) ? 'Uint8Array' : value.constructor.name
    return { $, v: Buffer.from(buffer, byteOffset, byteLength).toString('base64') }
  }
  // What is shared with other threads is theirs, too, and is no part of a decision.
  if (value instanceof SharedArrayBuffer) return { $: 'undefined' }
  const fields = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each, key)]))
  return '$' in fields ? { $: 'object', v: fields } : fields
}

function plainArray(values: readonly unknown[], name: string): readonly unknown[] {
  if (name === 'keys') return values.map((each) => (typeof each === 'string' ? keyMark(each) : plain(each, '')))
  // Its arguments may be secrets; its path is not.
  if (name === 'command') return values.map((each, index) => (index === 0 ? plain(each, '') : WITHHELD))
  return values.map((each) => plain(each, ''))
}

/** Of a key only what tells it from other keys: less than any beacon that it has signed. */
const keyMark = (key: string): Recorded => ({ $: 'key', v: fingerprintOf(key) })

const fingerprints = new Map<string, string>()
const FINGERPRINTS_KEPT = 16
const FINGERPRINT_CHARACTERS = 8

function fingerprintOf(key: string): string {
  const known = fingerprints.get(key)
  if (known !== undefined) return known
  const made = createHmac('sha256', key).update('proxyha recording').digest('hex').slice(0, FINGERPRINT_CHARACTERS)
  if (fingerprints.size >= FINGERPRINTS_KEPT) fingerprints.clear()
  fingerprints.set(key, made)
  return made
}

/** A recording names a key that whoever replays it has not given. */
export class MissingKeyError extends Error {
  constructor() {
    super('the recording was made with a key of the group, which it does not hold')
    this.name = 'MissingKeyError'
  }
}

/** Deeper than any state; what is deeper was made by somebody else. */
const DEEPEST = 64

/**
 * What `encodeRecorded` has made JSON of. `keys`: those of the group, which the recording leaves out. Throws a `MissingKeyError`, and a
 * `RecordingError` for what it has not made.
 */
export const decodeRecorded = (json: unknown, keys: readonly string[]): unknown => decode(json, keys, 0)

function decode(json: unknown, keys: readonly string[], depth: number): unknown {
  if (depth > DEEPEST) throw new RecordingError('holds values within each other, too deeply')
  if (Array.isArray(json)) return json.map((each) => decode(each, keys, depth + 1))
  if (typeof json !== 'object' || json === null) return json
  if (Object.hasOwn(json, '$')) return decodeMarked(json as Recorded, keys, depth + 1)
  return decodeFields(json, keys, depth + 1)
}

const decodeFields = (json: object, keys: readonly string[], depth: number): unknown =>
  Object.fromEntries(Object.entries(json).map(([key, each]) => [key, decode(each, keys, depth)]))

interface TypedArrays {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBuffer): ArrayBufferView
}

const TYPED_ARRAYS: Readonly<Record<string, TypedArrays>> = {
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigUint64Array,
  BigInt64Array,
  Float32Array,
  Float64Array,
}

const isPair = (value: unknown): value is readonly [unknown, unknown] => Array.isArray(value) && value.length === 2
const WHOLE = /^-?\d{1,400}$/

function decodeMarked({ $: what, v: value }: Recorded, keys: readonly string[], depth: number): unknown {
  const list = (): readonly unknown[] => {
    if (!Array.isArray(value)) throw malformed(what)
    return value.map((each) => decode(each, keys, depth))
  }
  switch (what) {
    case 'undefined':
      return undefined
    case 'number':
      return Number(value)
    case 'bigint':
      if (typeof value !== 'string' || !WHOLE.test(value)) throw malformed(what)
      return BigInt(value)
    case 'Map': {
      const pairs = list()
      if (!pairs.every(isPair)) throw malformed(what)
      return new Map(pairs)
    }
    case 'Set':
      return new Set(list())
    case 'object':
      if (typeof value !== 'object' || value === null) throw malformed(what)
      return decodeFields(value, keys, depth)
    case 'key': {
      const key = keys.find((one) => fingerprintOf(one) === value)
      if (key === undefined) throw new MissingKeyError()
      return key
    }
    default:
      if (typeof value !== 'string') throw malformed(what)
      return decodeBytes(what, Buffer.from(value, 'base64'))
  }
}

function decodeBytes(what: string, bytes: Buffer): ArrayBufferView {
  const Typed = Object.hasOwn(TYPED_ARRAYS, what) ? TYPED_ARRAYS[what] : undefined
  if (Typed === undefined) return bytes
  if (bytes.length % Typed.BYTES_PER_ELEMENT !== 0) throw malformed(what)
  // By a copy, as a view of wider elements has to begin at a multiple of them.
  return new Typed(new Uint8Array(bytes).buffer)
}

const malformed = (what: unknown) =>
  new RecordingError(`holds a value of the kind ${JSON.stringify(what)} that is none`)
