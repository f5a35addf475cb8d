/**
 * VRRP advertisements: version 2 (RFC 3768 §5.1, over IPv4) and version 3 (RFC 5798 and RFC 9568 §5.1, over IPv4 and IPv6).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------+-------+---------------+---------------+---------------+
 *     |Version| Type  | Virtual Rtr ID|   Priority    | Count of IPs  |
 *     +-------+-------+---------------+---------------+---------------+
 *  v2 |   Auth Type   | Adver Int (s) |           Checksum            |
 *     +-------+-------+---------------+-------------------------------+
 *  v3 | (rsv) |  Max Adver Int (cs)   |           Checksum            |
 *     +-------+-----------------------+-------------------------------+
 *     |       Count x address (IPv4: 4 bytes each, IPv6: 16)          |
 *     +---------------------------------------------------------------+
 *  v2 |               8 bytes of authentication data, always          |
 *     +---------------------------------------------------------------+
 */
import { parseIpv4 } from './addresses.ts'
import { checksumOf, sumIpv6PseudoHeader, sumPseudoHeader, sumWords } from './checksum.ts'
import { type AddressFamily, addressBytes, addressText, familyOf, isLinkLocal } from './ip-address-bytes.ts'
import { IPV4_HEADER_BYTES, type Ipv4Packet, ON_LINK_TTL } from './ipv4.ts'
import { IPV6_HEADER_BYTES, type Ipv6Packet } from './ipv6.ts'

/** IP protocol number of VRRP. */
export const VRRP_PROTOCOL = 112
/** Only the owner of the virtual IPs has this priority, and the owner always has it (RFC 9568 §5.2.4). */
export const OWNER_PRIORITY = 255
/** An advert counts its addresses in a byte. */
export const MAX_ADDRESSES = 255

const VERSION_TYPE = 0
const VIRTUAL_ROUTER_ID = 1
const PRIORITY = 2
const COUNT = 3
const V2_AUTH_TYPE = 4
const V2_ADVERT_INTERVAL_S = 5
const V3_ADVERT_INTERVAL_CS = 4
const CHECKSUM = 6
const ADDRESSES = 8
const V2_AUTH_DATA_LENGTH = 8

const ADVERTISEMENT = 1
const NO_AUTHENTICATION = 0
const V3_INTERVAL_MASK = 0x0fff

export type VrrpVersion = 2 | 3
const ADDRESS_LENGTH: Readonly<Record<AddressFamily, number>> = { ipv4: 4, ipv6: 16 }
/**
 * Where every advertisement goes (RFC 9568 §5.1.1.2 and §5.1.2.2), unless the routers of a group are told to name each
 * other.
 */
export const VRRP_GROUPS: Readonly<Record<AddressFamily, string>> = { ipv4: '224.0.0.18', ipv6: 'ff02::12' }

/**
 * What a version-3 checksum over IPv4 covers: the `message` alone (RFC 9568), or the `pseudoHeader` as well (RFC 5798 as
 * deployed: keepalived, FRR). Version 2 knows the message only; over IPv6 it is always the pseudo-header as well.
 */
export type VrrpChecksum = 'pseudoHeader' | 'message'

export interface Advertisement {
  readonly version: VrrpVersion
  /** 1..255. */
  readonly virtualRouterId: number
  /** 0 = the master resigns, 255 = the addresses' owner. */
  readonly priority: number
  /** Centiseconds: v2 100..25,500 in whole seconds, v3 1..4095. */
  readonly advertIntervalCs: number
  /** 1..255 of them, all of one family: that which the adverts go over (RFC 9568 §5.2.9). */
  readonly addresses: readonly string[]
}

export type VrrpFailure =
  /** Not IP protocol 112, or not sent to where adverts are awaited. */
  | 'protocol'
  | 'destination'
  | 'fragment'
  /** TTL or hop limit other than 255. */
  | 'ttl'
  /** Not as long as its count of addresses says. */
  | 'length'
  | 'version'
  | 'type'
  /** No address at all. */
  | 'count'
  | 'checksum'
  /** v2 with an authentication type other than 0: RFC 3768 has removed them. */
  | 'auth'
  /** An interval of zero. */
  | 'interval'

export type ParsedAdvertisement =
  | { readonly ok: true; readonly advertisement: Advertisement; readonly checksum: VrrpChecksum }
  | { readonly ok: false; readonly reason: Exclude<VrrpFailure, 'auth'> }
  /** Whole but for what RFC 3768 has removed: one can still tell what it says. */
  | { readonly ok: false; readonly reason: 'auth'; readonly advertisement: Advertisement }

const failed = (reason: Exclude<VrrpFailure, 'auth'>): ParsedAdvertisement => ({ ok: false, reason })

/** Without options. */
const IP_HEADER_BYTES = { ipv4: IPV4_HEADER_BYTES, ipv6: IPV6_HEADER_BYTES } as const

const messageLength = (version: VrrpVersion, family: AddressFamily, count: number): number =>
  ADDRESSES + ADDRESS_LENGTH[family] * count + (version === 2 ? V2_AUTH_DATA_LENGTH : 0)

/**
 * The checks of RFC 9568 §7.1 and RFC 3768 §7.1 that need no configuration, the cheap ones first. Never throws.
 * `destination`: where adverts are awaited, the receiver's own address; by default the group.
 */
export function parseAdvertisement(packet: Ipv4Packet | Ipv6Packet, destination?: string): ParsedAdvertisement {
  const [family, ttl] = 'ttl' in packet ? (['ipv4', packet.ttl] as const) : (['ipv6', packet.hopLimit] as const)
  if (packet.protocol !== VRRP_PROTOCOL) return failed('protocol')
  if (packet.destination !== (destination ?? VRRP_GROUPS[family])) return failed('destination')
  if (packet.fragment) return failed('fragment')
  if (ttl !== ON_LINK_TTL) return failed('ttl')
  const bytes = packet.payload
  if (bytes.length < ADDRESSES) return failed('length')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint8(VERSION_TYPE) >> 4
  if (version !== 3 && (version !== 2 || family === 'ipv6')) return failed('version')
  if ((view.getUint8(VERSION_TYPE) & 15) !== ADVERTISEMENT) return failed('type')
  const count = view.getUint8(COUNT)
  if (count === 0) return failed('count')
  if (bytes.length !== messageLength(version, family, count)) return failed('length')
  const checksum = coveredBy(packet, family, version)
  if (checksum === undefined) return failed('checksum')
  const advertIntervalCs = readInterval(view, version)
  if (advertIntervalCs === 0) return failed('interval')
  const advertisement: Advertisement = {
    version,
    virtualRouterId: view.getUint8(VIRTUAL_ROUTER_ID),
    priority: view.getUint8(PRIORITY),
    advertIntervalCs,
    addresses: readAddresses(bytes, family, count),
  }
  const authenticated = version === 2 && view.getUint8(V2_AUTH_TYPE) !== NO_AUTHENTICATION
  return authenticated ? { ok: false, reason: 'auth', advertisement } : { ok: true, checksum, advertisement }
}

function readAddresses(bytes: Uint8Array, family: AddressFamily, count: number): readonly string[] {
  const length = ADDRESS_LENGTH[family]
  return Array.from({ length: count }, (_, index) => {
    const start = ADDRESSES + length * index
    return addressText(bytes.subarray(start, start + length)) ?? ''
  })
}

/** Centiseconds. The four bits above a v3 interval are reserved: ignored on receipt (RFC 9568 §5.2.6). */
function readInterval(view: DataView, version: VrrpVersion): number {
  if (version === 2) return view.getUint8(V2_ADVERT_INTERVAL_S) * 100
  return view.getUint16(V3_ADVERT_INTERVAL_CS) & V3_INTERVAL_MASK
}

/** Which variant of the checksum holds; undefined when none does. */
function coveredBy(
  { source, destination, payload }: Ipv4Packet | Ipv6Packet,
  family: AddressFamily,
  version: VrrpVersion,
): VrrpChecksum | undefined {
  const sum = sumWords(payload)
  // RFC 9568 §5.2.8: over IPv6 without a choice, for the sum is ICMPv6's.
  if (family === 'ipv4' && checksumOf(sum) === 0) return 'message'
  if (version === 2) return undefined
  const whole = sum + pseudoHeaderOf(family, source, destination, payload.length)
  return checksumOf(whole) === 0 ? 'pseudoHeader' : undefined
}

function pseudoHeaderOf(family: AddressFamily, source: string, destination: string, length: number): number {
  if (family === 'ipv4') return sumPseudoHeader(ipv4ValueOf(source), ipv4ValueOf(destination), VRRP_PROTOCOL, length)
  return sumIpv6PseudoHeader(bytesOf(source, family), bytesOf(destination, family), VRRP_PROTOCOL, length)
}

function ipv4ValueOf(address: string): number {
  const value = parseIpv4(address)
  if (value === undefined) throw new RangeError(`not an IPv4 address: ${address}`)
  return value
}

function bytesOf(address: string, family: AddressFamily): Uint8Array {
  const bytes = addressBytes(address)
  if (bytes?.length !== ADDRESS_LENGTH[family]) throw new RangeError(`not an address of ${family}: ${address}`)
  return bytes
}

/** Bytes of an advert with so many addresses, its IP header included: what the link's MTU must carry, since no advert may be cut. */
export const advertPacketBytes = (version: 2 | 3, family: AddressFamily, addresses: number): number =>
  IP_HEADER_BYTES[family] + messageLength(version, family, addresses)

/**
 * The payload of one advertisement. `source` is the address that the packet will leave from, `destination` where it goes (the
 * group by default); they and `checksum` count in version 3 only, and over IPv6 `checksum` does not. There the link-local
 * addresses come first, whatever their order (RFC 9568 §5.2.9). Throws a RangeError for what the wire cannot say: that is
 * a bug, the configuration has been checked.
 */
export function emitAdvertisement(
  advertisement: Advertisement,
  options: { readonly source: string; readonly destination?: string; readonly checksum: VrrpChecksum },
): Uint8Array {
  const { version, virtualRouterId, priority, addresses } = advertisement
  requireRange('virtual router ID', virtualRouterId, 1, 255)
  requireRange('priority', priority, 0, OWNER_PRIORITY)
  requireRange('count of addresses', addresses.length, 1, MAX_ADDRESSES)
  const family = familyOf(options.source)
  requireRange('version', version, family === 'ipv6' ? 3 : 2, 3)
  const bytes = new Uint8Array(messageLength(version, family, addresses.length))
  const view = new DataView(bytes.buffer)
  view.setUint8(VERSION_TYPE, (version << 4) | ADVERTISEMENT)
  view.setUint8(VIRTUAL_ROUTER_ID, virtualRouterId)
  view.setUint8(PRIORITY, priority)
  view.setUint8(COUNT, addresses.length)
  writeInterval(view, advertisement)
  for (const [index, address] of linkLocalFirst(addresses).entries()) {
    bytes.set(bytesOf(address, family), ADDRESSES + ADDRESS_LENGTH[family] * index)
  }
  const withPseudoHeader = family === 'ipv6' || (version === 3 && options.checksum === 'pseudoHeader')
  const { source, destination = VRRP_GROUPS[family] } = options
  const start = withPseudoHeader ? pseudoHeaderOf(family, source, destination, bytes.length) : 0
  view.setUint16(CHECKSUM, checksumOf(sumWords(bytes, start)))
  return bytes
}

const linkLocalFirst = (addresses: readonly string[]): readonly string[] => [
  ...addresses.filter(isLinkLocal),
  ...addresses.filter((address) => !isLinkLocal(address)),
]

function writeInterval(view: DataView, { version, advertIntervalCs }: Advertisement): void {
  if (version === 2) {
    requireRange('advert interval in seconds', advertIntervalCs / 100, 1, 255)
    view.setUint8(V2_ADVERT_INTERVAL_S, advertIntervalCs / 100)
  } else {
    requireRange('advert interval in centiseconds', advertIntervalCs, 1, V3_INTERVAL_MASK)
    view.setUint16(V3_ADVERT_INTERVAL_CS, advertIntervalCs)
  }
}

function requireRange(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${what} must be a whole number in ${least}..${most}, not ${value}`)
  }
}
