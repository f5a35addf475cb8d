import { parseIpv4 } from '../../../runtime/wire/addresses.ts'
import { checksumOf, sumIpv6PseudoHeader, sumPseudoHeader, sumWords } from '../../../runtime/wire/checksum.ts'
import { addressBytes } from '../../../runtime/wire/ip-address-bytes.ts'
import { emitIpv4Packet, parseIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import { emitIpv6Packet, parseIpv6Packet } from '../../../runtime/wire/ipv6.ts'
import {
  type Advertisement,
  emitAdvertisement,
  parseAdvertisement,
  VRRP_GROUPS,
  VRRP_PROTOCOL,
} from '../../../runtime/wire/vrrp.ts'
import { type FuzzTarget, holds, parsed, same } from '../target.ts'

/** The first byte of an input: 0 as it is, 1 its checksum is made right, 2 that over the pseudo-header. */
const [AS_IT_IS, OF_MESSAGE] = [0, 1]
const CHECKSUM = 6

const advert: Advertisement = {
  version: 3,
  virtualRouterId: 51,
  priority: 99,
  advertIntervalCs: 100,
  addresses: ['10.10.74.74', '10.10.74.75'],
}
const overIpv4 = (change: Partial<Advertisement>): Uint8Array => {
  const [source, destination] = ['10.10.74.70', VRRP_GROUPS.ipv4]
  const payload = emitAdvertisement({ ...advert, ...change }, { source, checksum: 'pseudoHeader' })
  return emitIpv4Packet({ source, destination, protocol: VRRP_PROTOCOL, ttl: 255, payload })
}
const overIpv6 = (): Uint8Array => {
  const [source, destination] = ['fe80::1', VRRP_GROUPS.ipv6]
  const addresses = ['fe80::74', 'fd00:74::74']
  const payload = emitAdvertisement({ ...advert, addresses }, { source, checksum: 'pseudoHeader' })
  return emitIpv6Packet({ source, destination, protocol: VRRP_PROTOCOL, hopLimit: 255, payload })
}

/** Whole IP packets with adverts of both versions and families. */
export const vrrp: FuzzTarget = {
  name: 'vrrp',
  mostBytes: 1600,
  seeds: [overIpv4({ version: 2 }), overIpv4({}), overIpv6()].flatMap((packet) =>
    [0, 1, 2].map((mode) => Uint8Array.from([mode, ...packet])),
  ),
  run(input) {
    const [mode = AS_IT_IS, ...packet] = input
    const read = (bytes: Buffer) => (bytes[0]! >> 4 === 6 ? parseIpv6Packet(bytes) : parseIpv4Packet(bytes))
    const outer = parsed(Uint8Array.from(packet), read)
    if (!outer.ok) return outer.reason
    const payload = Buffer.from(outer.packet.payload)
    const ip = { ...outer.packet, payload }
    if (mode !== AS_IT_IS && payload.length >= 8) correct(ip, mode === OF_MESSAGE)
    const result = parsed(payload, (bytes) => parseAdvertisement({ ...ip, payload: bytes }))
    if (!result.ok) return result.reason
    const { advertisement, checksum } = result
    holds(advertisement.addresses.length <= 255, 'an advert has at most 255 addresses')
    if (advertisement.virtualRouterId === 0) return 'VRID 0'
    const again = emitAdvertisement(advertisement, { source: ip.source, destination: ip.destination, checksum })
    const reread = parseAdvertisement({ ...ip, payload: again })
    const sorted = ({ addresses, ...others }: Advertisement) => ({ ...others, addresses: addresses.toSorted() })
    holds(reread.ok, 'what was read can be said and read again')
    same(sorted(reread.advertisement), sorted(advertisement), 'what is read and said again is the same')
    return `${advertisement.version} ${checksum}`
  },
}

function correct(
  { source, destination, payload }: { source: string; destination: string; payload: Buffer },
  alone: boolean,
) {
  payload.writeUInt16BE(0, CHECKSUM)
  const [from, to] = [addressBytes(source)!, addressBytes(destination)!]
  const pseudo =
    from.length === 4
      ? sumPseudoHeader(parseIpv4(source)!, parseIpv4(destination)!, VRRP_PROTOCOL, payload.length)
      : sumIpv6PseudoHeader(from, to, VRRP_PROTOCOL, payload.length)
  payload.writeUInt16BE(checksumOf(sumWords(payload, alone ? 0 : pseudo)), CHECKSUM)
}
