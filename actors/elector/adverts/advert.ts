import { familyOf } from '../../../runtime/wire/ip-address-bytes.ts'
import { emitAdvertisement, VRRP_GROUPS, VRRP_PROTOCOL } from '../../../runtime/wire/vrrp.ts'
import type { SendMessage } from '../../raw-ip/messages.ts'
import type { ElectorOptions } from '../options.ts'

/** Where our adverts go: to the group, or to each unicast peer. */
export const destinationsOf = ({ unicastPeers, primaryAddress }: ElectorOptions): readonly string[] =>
  unicastPeers.length === 0 ? [VRRP_GROUPS[familyOf(primaryAddress)]] : unicastPeers

/** An advert of ours to each destination; priority 0 resigns. Every destination's confirmation has the same number. */
export function advertSends(options: ElectorOptions, priority: number, confirm?: number): readonly SendMessage[] {
  return destinationsOf(options).map((destination) => {
    const payload = advertPayload(options, priority, destination)
    const asked = confirm === undefined ? {} : { confirm }
    return { type: 'send', protocol: VRRP_PROTOCOL, destination, payload, ...asked }
  })
}

/** The payload of an advert of ours. Throws a RangeError for options that the wire cannot say. */
export function advertPayload(options: ElectorOptions, priority: number, destination: string): Uint8Array {
  const { version, virtualRouterId, advertIntervalCs, virtualIps, primaryAddress, checksum } = options
  const advertisement = { version, virtualRouterId, priority, advertIntervalCs, addresses: virtualIps }
  return emitAdvertisement(advertisement, { source: primaryAddress, destination, checksum })
}
