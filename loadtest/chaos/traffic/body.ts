/** What a download must carry: each byte follows from its number and its place, so that one which is lost, twice or another's is seen. Pure. */

const MIX = 0x9e37_79b1

const byteAt = (id: number, at: number): number => Math.imul(Math.imul(id, MIX) ^ at, MIX) >>> 24

/** The bytes of download `id` from that place on. */
export function bodyOf(id: number, from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let index = 0; index < length; index++) bytes[index] = byteAt(id, from + index)
  return bytes
}

/** Where they first differ from those of download `id`, as a place in the download; undefined: nowhere. */
export function differenceIn(id: number, from: number, bytes: Uint8Array): number | undefined {
  const index = bytes.findIndex((byte, at) => byte !== byteAt(id, from + at))
  return index < 0 ? undefined : from + index
}
