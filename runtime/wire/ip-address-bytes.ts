import { isIPv6, SocketAddress } from 'node:net'
import { formatIpv4, parseIpv4 } from './addresses.ts'

export type AddressFamily = 'ipv4' | 'ipv6'

/** The 4 or 16 bytes of an IPv4 or IPv6 address in network order; undefined where the text is neither. No zones. */
export function addressBytes(text: string): Uint8Array | undefined {
  const ipv4 = parseIpv4(text)
  if (ipv4 !== undefined) return Uint8Array.of(ipv4 >>> 24, ipv4 >>> 16, ipv4 >>> 8, ipv4)
  if (!isIPv6(text) || text.includes('%')) return undefined
  const [head = '', tail] = text.split('::')
  const before = groupBytes(head)
  const after = groupBytes(tail ?? '')
  return Uint8Array.from([...before, ...new Array<number>(16 - before.length - after.length).fill(0), ...after])
}

/** The bytes of colon-separated groups, the last of which may be a dotted quad. */
function groupBytes(groups: string): number[] {
  if (groups === '') return []
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >>> 8, value & 255]
  })
}

/** The text of 4 or 16 address bytes, IPv6 in the canonical form of RFC 5952; undefined for any other length. */
export function addressText(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length === 4) return formatIpv4(view.getUint32(0))
  if (bytes.length !== 16) return undefined
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2).toString(16))
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}

/** The address in the one form that this project compares and prints; undefined where the text is no address. */
export function canonicalAddress(text: string): string | undefined {
  const bytes = addressBytes(text)
  return bytes && addressText(bytes)
}

/** The family of a text that is an address. */
export const familyOf = (address: string): AddressFamily => (address.includes(':') ? 'ipv6' : 'ipv4')

/** How many bits an address of its family has. */
export const bitsOf = (address: string): number => (familyOf(address) === 'ipv4' ? 32 : 128)

/** Whether the text is an IPv6 address of fe80::/10, which holds on one link only (RFC 4291 §2.5.6). */
export function isLinkLocal(text: string): boolean {
  const bytes = addressBytes(text)
  return bytes?.length === 16 && bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80
}

/** Below, above or zero as two addresses of one family compare as unsigned numbers in network order. */
export function compareAddresses(one: string, other: string): number {
  return Buffer.compare(addressBytes(one) ?? new Uint8Array(), addressBytes(other) ?? new Uint8Array())
}

/** The byte at that index of the mask of so many leading bits. */
const maskByte = (prefixLength: number, index: number): number =>
  (0xff00 >> Math.min(8, Math.max(0, prefixLength - 8 * index))) & 0xff

/** Whether both addresses, of one family, begin with the same so many bits. */
export function samePrefix(one: string, other: string, prefixLength: number): boolean {
  const [a, b] = [addressBytes(one), addressBytes(other)]
  if (a === undefined || b?.length !== a.length) return false
  return a.every((byte, index) => ((byte ^ b[index]!) & maskByte(prefixLength, index)) === 0)
}

/** The first address of the subnet; a text that is no address comes back as it is. */
export function networkOf(address: string, prefixLength: number): string {
  const masked = addressBytes(address)?.map((byte, index) => byte & maskByte(prefixLength, index))
  return (masked && addressText(masked)) ?? address
}

/** An IPv6 address as one number in nftables' syntax: `0x` and 32 digits. Throws a `TypeError` where the text is none. */
export function hexOfIpv6(text: string): string {
  const bytes = addressBytes(text)
  if (bytes?.length !== 16) throw new TypeError(`${text} is not an IPv6 address`)
  return `0x${Buffer.from(bytes).toString('hex')}`
}
