/** Which addresses a host can have, by themselves and in their subnet. */
import { parseIpv4 } from '../runtime/wire/addresses.ts'
import { bitsOf, networkOf, samePrefix } from '../runtime/wire/ip-address-bytes.ts'

/** RFC 6890's special ranges; of several that an address is in the first counts. */
const NO_HOSTS: readonly (readonly [network: string, prefixLength: number, what: string])[] = [
  ['255.255.255.255', 32, 'is the broadcast address'],
  ['0.0.0.0', 8, 'is in 0.0.0.0/8, which names no host'],
  ['127.0.0.0', 8, 'is a loopback address'],
  ['224.0.0.0', 4, 'is a multicast address'],
  ['240.0.0.0', 4, 'is in the reserved range 240.0.0.0/4'],
  ['::', 128, 'is the unspecified address'],
  ['::1', 128, 'is the loopback address'],
  ['ff00::', 8, 'is a multicast address'],
  ['::ffff:0.0.0.0', 96, 'is an IPv4 address mapped into IPv6'],
]

/** Why no host can have this address, whatever its subnet; undefined where one can. */
export function notAHostAddress(address: string): string | undefined {
  return NO_HOSTS.find(([network, prefixLength]) => samePrefix(address, network, prefixLength))?.[2]
}

/** `10.1.2.3`, 24 -> `10.1.2.0/24`. */
export const subnetOf = (address: string, prefixLength: number): string =>
  `${networkOf(address, prefixLength)}/${prefixLength}`

/**
 * Why the address, in its canonical form, is not one of a host *in that subnet*. The first address is the network's own, or every
 * router's (RFC 4291 §2.6.1), the last of IPv4 is for broadcast. A link between two routers has neither (RFC 3021, RFC 6164).
 */
export function notInSubnetHosts(address: string, prefixLength: number): string | undefined {
  if (prefixLength >= bitsOf(address) - 1) return undefined
  const value = parseIpv4(address)
  const first = value === undefined ? 'subnet-router anycast' : 'network'
  if (networkOf(address, prefixLength) === address)
    return `is the ${first} address of ${subnetOf(address, prefixLength)}`
  const isLast = value !== undefined && (value + 1) % 2 ** (32 - prefixLength) === 0
  return isLast ? `is the broadcast address of ${subnetOf(address, prefixLength)}` : undefined
}
