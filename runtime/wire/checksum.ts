/**
 * The Internet checksum (RFC 1071): the ones' complement of the ones' complement sum of all 16-bit words. Sums are kept
 * unfolded in a double, which holds that of 2^37 words exactly, and are folded once at the end.
 */

/** The sum of the big-endian 16-bit words; an odd last byte is padded with a zero on the right. `start` is a sum so far. */
export function sumWords(bytes: Uint8Array, start = 0): number {
  let sum = start
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  return sum
}

/**
 * The checksum of a sum, 0..0xffff. To make one, sum the message with its checksum field zero; to verify one, sum the
 * message as it came: a good one yields 0.
 */
export function checksumOf(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000)
  return ~folded & 0xffff
}

/**
 * The sum of the IPv4 pseudo-header (RFC 793 §3.1): addresses, a zero byte, the protocol and the length of the message.
 * Addresses are values in network order.
 */
export function sumPseudoHeader(source: number, destination: number, protocol: number, length: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length
}

/** The sum of the IPv6 pseudo-header (RFC 8200 §8.1): addresses of 16 bytes, the length of the message, the next header. */
export function sumIpv6PseudoHeader(
  source: Uint8Array,
  destination: Uint8Array,
  nextHeader: number,
  length: number,
): number {
  return sumWords(source) + sumWords(destination) + (length >>> 16) + (length & 0xffff) + nextHeader
}
