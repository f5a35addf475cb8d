const ZERO = 48
const DOT = 46

/** Parses a dotted quad to its value in network order, 0..2^32-1; undefined where the text is not one. */
export function parseIpv4(text: string): number | undefined {
  // By hand: for every packet a few addresses are parsed, and a regular expression takes several times as long.
  let [value, byte, digits, dots] = [0, 0, 0, 0]
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO
    if (digit === DOT - ZERO && digits > 0) {
      value = value * 256 + byte
      dots += 1
      byte = 0
      digits = 0
      continue
    }
    const isLeadingZero = digits > 0 && byte === 0
    if (digit < 0 || digit > 9 || isLeadingZero) return undefined
    byte = byte * 10 + digit
    digits += 1
    if (byte > 255) return undefined
  }
  return dots === 3 && digits > 0 ? value * 256 + byte : undefined
}

/** The dotted quad of a value in network order. */
export function formatIpv4(value: number): string {
  return `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

/** Parses `aa:bb:cc:dd:ee:ff`; undefined where the text is not a MAC address. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) return undefined
  return Uint8Array.from(text.split(':'), (part) => Number.parseInt(part, 16))
}

/** `aa:bb:cc:dd:ee:ff` of six bytes. */
export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}
