import { familyOf } from '../../runtime/wire/ip-address-bytes.ts'
import { emitAdvertisement, VRRP_GROUPS } from '../../runtime/wire/vrrp.ts'
import type { ElectorOptions } from './state.ts'

/** Where our adverts go: to the group, or to each unicast peer. */
export const destinationsOf = ({ unicastPeers, primaryAddress }: ElectorOptions): readonly string[] =>
  unicastPeers.length === 0 ? [VRRP_GROUPS[familyOf(primaryAddress)]] : unicastPeers

/** The payload of an advert of ours; priority 0 resigns. Throws a RangeError for options that the wire cannot say. */
export function advertPayload(options: ElectorOptions, priority: number, destination: string): Uint8Array {
  const { version, virtualRouterId, advertIntervalCs, virtualIps, primaryAddress, checksum } = options
  const advertisement = { version, virtualRouterId, priority, advertIntervalCs, addresses: virtualIps }
  return emitAdvertisement(advertisement, { source: primaryAddress, destination, checksum })
}
