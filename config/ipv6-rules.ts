import { addressBytes, addressText } from '../runtime/wire/ip-address-bytes.ts'

/** `2001:db8::5`, 64 -> `2001:db8::/64`. */
function subnetOf(bytes: Uint8Array, prefixLength: number): string {
  return `${addressText(bytes.map((byte, index) => byte & maskByte(prefixLength, index)))}/${prefixLength}`
}

function maskByte(prefixLength: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefixLength - 8 * index))
  return (0xff << (8 - bits)) & 0xff
}

/** Why no host can have this address, whatever its subnet; undefined where one can. RFC 6890's special ranges. */
export function notAnIpv6HostAddress(address: string): string | undefined {
  const bytes = addressBytes(address)
  if (bytes?.length !== 16) return 'is not an IPv6 address'
  const leadingZeros = bytes.findIndex((byte) => byte !== 0)
  if (leadingZeros < 0) return 'is the unspecified address'
  if (leadingZeros === 15 && bytes[15] === 1) return 'is the loopback address'
  if (bytes[0] === 0xff) return 'is a multicast address'
  if (leadingZeros === 10 && bytes[10] === 0xff && bytes[11] === 0xff) return 'is an IPv4 address mapped into IPv6'
  return undefined
}

/** Why the address is not one of a host in that subnet: the one whose host bits are all zero is every router's (RFC 4291 §2.6.1). */
export function notInIpv6SubnetHosts(address: string, prefixLength: number): string | undefined {
  const bytes = addressBytes(address)
  // RFC 6164: a link between two routers, of /127, has none.
  if (bytes === undefined || prefixLength >= 127) return undefined
  const isAnycast = bytes.every((byte, index) => (byte & ~maskByte(prefixLength, index) & 0xff) === 0)
  return isAnycast ? `is the subnet-router anycast address of ${subnetOf(bytes, prefixLength)}` : undefined
}
