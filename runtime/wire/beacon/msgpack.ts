import { Packr, Unpackr } from 'msgpackr/pack'

/** Deepest array in a beacon: body, roster, entry, node, and two to spare for what a later version adds. */
const MAX_DEPTH = 6

const packr = new Packr({ useRecords: false })
const unpackr = new Unpackr({ useRecords: false })

/** What a beacon body is made of. */
export type BeaconValue = null | boolean | number | string | Uint8Array | readonly BeaconValue[]

export function packBody(value: BeaconValue): Uint8Array {
  return Uint8Array.from(packr.pack(value))
}

/**
 * Unpacks a body of anybody's making; undefined for what is not one whole msgpack value of nulls, booleans, numbers, strings,
 * bytes and arrays. The bytes are walked before the decoder sees them, because the decoder believes a length field
 * (five bytes make it allocate an array of 2^32 elements) and takes extensions, some of which compile code.
 */
export function unpackBody(bytes: Uint8Array): unknown {
  if (endOfValue(bytes, 0, 0) !== bytes.length) return undefined
  try {
    return unpackr.unpack(bytes)
  } catch {
    return undefined
  }
}

/** The offset behind the value at an offset; -1 where it is not allowed, or not whole. */
function endOfValue(bytes: Uint8Array, at: number, depth: number): number {
  const tag = bytes[at]
  if (tag === undefined) return -1
  const array = arrayAt(bytes, at, tag)
  if (array !== undefined) return endOfElements(bytes, array.start, array.length, depth + 1)
  const length = lengthOfScalar(bytes, at, tag)
  return length < 0 || at + length > bytes.length ? -1 : at + length
}

/** Each element takes a byte at least, so this ends with the bytes, whatever the length field says. */
function endOfElements(bytes: Uint8Array, start: number, length: number, depth: number): number {
  if (depth > MAX_DEPTH || length > bytes.length - start) return -1
  let at = start
  for (let element = 0; element < length && at >= 0; element++) at = endOfValue(bytes, at, depth)
  return at
}

function arrayAt(bytes: Uint8Array, at: number, tag: number): { start: number; length: number } | undefined {
  if (tag >= 0x90 && tag <= 0x9f) return { start: at + 1, length: tag & 0x0f }
  if (tag === 0xdc) return { start: at + 3, length: bigEndian(bytes, at + 1, 2) }
  return undefined
}

/** Bytes of a value that is no array, its tag included; -1 for maps, extensions, 64-bit integers and reserved tags. */
function lengthOfScalar(bytes: Uint8Array, at: number, tag: number): number {
  if (tag <= 0x7f || tag >= 0xe0) return 1
  if (tag >= 0xa0 && tag <= 0xbf) return 1 + (tag & 0x1f)
  switch (tag) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return 1
    case 0xc4: // bin 8
    case 0xd9: // str 8
      return 2 + bigEndian(bytes, at + 1, 1)
    case 0xc5: // bin 16
    case 0xda: // str 16
      return 3 + bigEndian(bytes, at + 1, 2)
    case 0xcc: // uint 8
    case 0xd0: // int 8
      return 2
    case 0xcd: // uint 16
    case 0xd1: // int 16
      return 3
    case 0xca: // float 32
    case 0xce: // uint 32
    case 0xd2: // int 32
      return 5
    case 0xcb: // float 64
      return 9
    default:
      return -1
  }
}

/** Bytes behind the end count as 255, which makes the value too long for what is there. */
function bigEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let offset = 0; offset < length; offset++) value = value * 256 + (bytes[at + offset] ?? 255)
  return value
}
