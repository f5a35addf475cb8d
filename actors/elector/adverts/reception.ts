import { familyOf, samePrefix } from '../../../runtime/wire/ip-address-bytes.ts'
import { type Ipv4Failure, parseIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import { type Ipv6Failure, parseIpv6Packet } from '../../../runtime/wire/ipv6.ts'
import { type Advertisement, parseAdvertisement, type VrrpFailure } from '../../../runtime/wire/vrrp.ts'
import type { ElectorOptions } from '../options.ts'

/** Why an advert was dropped. `version` and `interval` also mean: well-formed, but not ours. */
export type DiscardReason =
  | Ipv4Failure
  | Ipv6Failure
  | VrrpFailure
  | 'ownLoop'
  | 'vrid'
  | 'peer'
  | 'source'
  | 'virtualIps'

/** Each reason with what the operator reads; null = nothing is wrong, only counted. */
export const DISCARD_TEXTS: Readonly<Record<DiscardReason, string | null>> = {
  truncated: 'the packet is cut off',
  ipVersion: 'it is of another IP version',
  ipHeader: 'its IP header contradicts itself',
  protocol: 'it is not IP protocol 112',
  destination: 'it was sent by unicast, and here multicast is used, or the other way round (vrrp.unicastPeers)',
  fragment: 'it is a fragment',
  ttl: 'its TTL (hop limit) is not 255, or it has IPv6 hop-by-hop options: it may come from another network',
  length: 'its length does not fit its count of addresses',
  version: 'its VRRP version is not ours',
  type: 'it is not an advertisement',
  count: 'it has no address',
  checksum: 'its checksum is wrong',
  auth: 'it wants authentication, which RFC 3768 has removed',
  interval: 'its advert interval is not ours',
  ownLoop: null,
  vrid: null,
  peer: 'its sender is none of vrrp.unicastPeers',
  virtualIps: 'its virtual IPs are not ours (vrrp.strict)',
  source: 'its sender is no host of this subnet (IPv6: no link-local address)',
}

/** `advert`: a whole advert, which was discarded for what it says. */
export interface Discarded {
  readonly ok: false
  readonly reason: DiscardReason
  readonly source: string | null
  readonly advert: Advertisement | null
}

export type Received = { readonly ok: true; readonly source: string; readonly advert: Advertisement } | Discarded

/** All checks of RFC 9568 §7.1 (RFC 3768 §7.1) on a packet as the raw socket gave it, ours included. */
export function receive(bytes: Uint8Array, options: ElectorOptions): Received {
  const ip = familyOf(options.primaryAddress) === 'ipv6' ? parseIpv6Packet(bytes) : parseIpv4Packet(bytes)
  if (!ip.ok) return { ok: false, reason: ip.reason, source: null, advert: null }
  const { source } = ip.packet
  const discard = (reason: DiscardReason, advert: Advertisement | null = null): Received => {
    return { ok: false, reason, source, advert }
  }
  // Rule 6: multicast loops back to its sender. Before all else, or our own mistakes would be counted as a neighbour's.
  if (source === options.primaryAddress) return discard('ownLoop')
  const isUnicast = options.unicastPeers.length > 0
  const parsed = parseAdvertisement(ip.packet, isUnicast ? options.primaryAddress : undefined)
  if (!parsed.ok && parsed.reason !== 'auth') return discard(parsed.reason)
  const advert = parsed.advertisement
  if (advert.virtualRouterId !== options.virtualRouterId) return discard('vrid', advert)
  if (isUnicast && !options.unicastPeers.includes(source)) return discard('peer')
  if (!isUnicast && !isNeighbour(source, options)) return discard('source')
  if (!parsed.ok) return discard(parsed.reason, advert)
  if (advert.version !== options.version) return discard('version', advert)
  // Rule 5: version 2 wants one interval for all (RFC 3768 §7.1), version 3 learns the master's; but not one that nobody could wait for.
  if (advert.version === 2 && advert.advertIntervalCs !== options.advertIntervalCs) return discard('interval', advert)
  if (advert.version === 3 && advert.advertIntervalCs > options.longestLearnedCs) return discard('interval', advert)
  if (options.strict && !sameAddresses(advert.addresses, options.virtualIps)) return discard('virtualIps', advert)
  return { ok: true, source, advert }
}

/** Whether that can be a router of this subnet: version 3 over IPv6 speaks from link-local addresses only (RFC 9568 §5.1.2.1). */
function isNeighbour(source: string, { primaryAddress, prefixLength = 0 }: ElectorOptions): boolean {
  if (familyOf(source) === 'ipv6') return /^fe[89ab]/.test(source)
  const first = Number.parseInt(source, 10)
  return first > 0 && first !== 127 && first < 224 && samePrefix(source, primaryAddress, prefixLength)
}

/** Whether both lists have the same addresses, in any order. */
export function sameAddresses(left: readonly string[], right: readonly string[]): boolean {
  const [a, b] = [new Set(left), new Set(right)]
  return a.size === b.size && [...a].every((address) => b.has(address))
}
