import { formatIpv4, parseIpv4 } from '../runtime/wire/addresses.ts'

/** The network mask of a prefix, as an unsigned number in network order. */
function maskOf(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffff_ffff << (32 - prefixLength)) >>> 0
}

/** Whether both addresses lie in one subnet of that prefix length. */
export function sameSubnet(one: string, other: string, prefixLength: number): boolean {
  const [a, b] = [parseIpv4(one), parseIpv4(other)]
  if (a === undefined || b === undefined) return false
  return (a & maskOf(prefixLength)) >>> 0 === (b & maskOf(prefixLength)) >>> 0
}

/** `10.1.2.3`, 24 -> `10.1.2.0/24`. */
export function subnetOf(address: string, prefixLength: number): string {
  const value = parseIpv4(address) ?? 0
  return `${formatIpv4((value & maskOf(prefixLength)) >>> 0)}/${prefixLength}`
}

/** Why no host can have this address, whatever its subnet; undefined where one can. RFC 6890's special ranges. */
export function notAHostAddress(address: string): string | undefined {
  const value = parseIpv4(address)
  if (value === undefined) return 'is not an IPv4 address'
  const first = value >>> 24
  if (value === 0xffff_ffff) return 'is the broadcast address'
  if (first === 0) return 'is in 0.0.0.0/8, which names no host'
  if (first === 127) return 'is a loopback address'
  if (first >= 224 && first < 240) return 'is a multicast address'
  if (first >= 240) return 'is in the reserved range 240.0.0.0/4'
  return undefined
}

/** Why the address is not one of a host *in that subnet*. /31 (RFC 3021) and /32 have neither network nor broadcast address. */
export function notInSubnetHosts(address: string, prefixLength: number): string | undefined {
  const value = parseIpv4(address)
  if (value === undefined || prefixLength >= 31) return undefined
  const hostBits = ~maskOf(prefixLength) >>> 0
  const host = (value & hostBits) >>> 0
  if (host === 0) return `is the network address of ${subnetOf(address, prefixLength)}`
  if (host === hostBits) return `is the broadcast address of ${subnetOf(address, prefixLength)}`
  return undefined
}
