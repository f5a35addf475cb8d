import { formatIpv4, parseIpv4 } from '../wire/addresses.ts'
import { addressBytes, addressText } from '../wire/ip-address-bytes.ts'

/**
 * An address as the table keeps it: the 16 bytes of an IPv6 address as four words, each the value in network order
 * (0..2^32-1). IPv4 is kept as IPv4-mapped IPv6, `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2).
 */
export type ClientKey = readonly [number, number, number, number]

/** Third word of an IPv4-mapped address; the first two are 0. */
export const MAPPED = 0xffff

/** Seed of the slot hash. The same on every node, or a new director would scatter the clients. */
export const SLOT_HASH_SEED = 0x7072_6f78

/** The key of an IPv4 or IPv6 address; undefined where the text is neither. */
export function parseClientKey(address: string): ClientKey | undefined {
  const ipv4 = parseIpv4(address)
  if (ipv4 !== undefined) return [0, 0, MAPPED, ipv4]
  const bytes = addressBytes(address)
  if (bytes === undefined) return undefined
  const view = new DataView(bytes.buffer)
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)]
}

/** The address of a key, IPv4 as a dotted quad, IPv6 as RFC 5952 has it. */
export function formatClientKey(key: ClientKey): string {
  if (key[0] === 0 && key[1] === 0 && key[2] === MAPPED) return formatIpv4(key[3])
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  for (const [at, word] of key.entries()) view.setUint32(4 * at, word)
  return addressText(bytes)!
}

const byteSwapped = (word: number) =>
  ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
const rotated = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits))

/** Bob Jenkins' lookup3 final mix, as in Linux `include/linux/jhash.h`. */
function finalMix(first: number, second: number, third: number): number {
  let [a, b, c] = [first, second, third]
  c = (c ^ b) - rotated(b, 14)
  a = (a ^ c) - rotated(c, 11)
  b = (b ^ a) - rotated(a, 25)
  c = (c ^ b) - rotated(b, 16)
  a = (a ^ c) - rotated(c, 4)
  b = (b ^ a) - rotated(a, 14)
  c = (c ^ b) - rotated(b, 24)
  return c >>> 0
}

/**
 * The slot of a key, 0..4095. It is bit for bit what nftables computes for
 * `jhash ip saddr mod 4096 seed SLOT_HASH_SEED` (and `ip6 saddr`), so that both forwarding modes, and a director of
 * the other mode, send a client to the same slot.
 */
export function slotOfKey(k0: number, k1: number, k2: number, k3: number): number {
  return hashOfKey(k0, k1, k2, k3) >>> 20
}

/** All 32 bits of what the slot is the upper 12 of. */
export function hashOfKey(k0: number, k1: number, k2: number, k3: number): number {
  const ipv4 = k0 === 0 && k1 === 0 && k2 === MAPPED
  const start = (0xdead_beef + (ipv4 ? 4 : 16) + SLOT_HASH_SEED) | 0
  if (ipv4) return finalMix((start + byteSwapped(k3)) | 0, start, start)
  let a = (start + byteSwapped(k0)) | 0
  let b = (start + byteSwapped(k1)) | 0
  let c = (start + byteSwapped(k2)) | 0
  a = ((a - c) ^ rotated(c, 4)) | 0
  c = (c + b) | 0
  b = ((b - a) ^ rotated(a, 6)) | 0
  a = (a + c) | 0
  c = ((c - b) ^ rotated(b, 8)) | 0
  b = (b + a) | 0
  a = ((a - c) ^ rotated(c, 16)) | 0
  c = (c + b) | 0
  b = ((b - a) ^ rotated(a, 19)) | 0
  a = (a + c) | 0
  c = ((c - b) ^ rotated(b, 4)) | 0
  b = (b + a) | 0
  return finalMix((a + byteSwapped(k3)) | 0, b, c)
}
