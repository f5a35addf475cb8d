/** Parses a dotted quad to its value in network order, 0..2^32-1; undefined where the text is not one. */
export function parseIpv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) return undefined
  let value = 0
  for (const part of match.slice(1)) {
    const byte = Number(part)
    if (byte > 255 || (part.length > 1 && part.startsWith('0'))) return undefined
    value = value * 256 + byte
  }
  return value
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
