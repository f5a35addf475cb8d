import { emitAdvertisement } from '../../runtime/wire/vrrp.ts'
import type { ElectorOptions } from './state.ts'

/** The payload of an advert of ours; priority 0 resigns. Throws a RangeError for options that the wire cannot say. */
export function advertPayload(options: ElectorOptions, priority: number): Uint8Array {
  const { version, virtualRouterId, advertIntervalCs, virtualIps, primaryAddress, checksum } = options
  const advertisement = { version, virtualRouterId, priority, advertIntervalCs, addresses: virtualIps }
  return emitAdvertisement(advertisement, { source: primaryAddress, checksum })
}
