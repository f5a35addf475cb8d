/**
 * The rtnetlink messages (linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h) that a gateway needs, as bytes. The fixed
 * part of each; attributes follow:
 *
 *     ifinfomsg   family(1) pad(1) type(2) index(4) flags(4) change(4)
 *     ifaddrmsg   family(1) prefixLength(1) flags(1) scope(1) index(4)
 */

import { formatMac } from '../../../wire/addresses.ts'
import { addressBytes, addressText } from '../../../wire/ip-address-bytes.ts'
import { type Result, refused } from '../../result.ts'
import { AF_INET, AF_INET6 } from '../../sockets/linux/libc.ts'
import type { AddressChange, InterfaceAddress, NetworkInterface } from '../netlink.ts'
import { encodeAttribute, parseAttributes } from './netlink-messages.ts'

export const RTM_NEWLINK = 16
export const RTM_GETLINK = 18
export const RTM_SETLINK = 19
export const RTM_NEWADDR = 20
export const RTM_DELADDR = 21
export const RTM_GETADDR = 22

const IFINFOMSG_LENGTH = 16
const IFLA_ADDRESS = 1
const IFLA_IFNAME = 3
const IFLA_MTU = 4
const IFLA_AF_SPEC = 26
const IFLA_INET_CONF = 1
const IPV4_DEVCONF_PROMOTE_SECONDARIES = 20
const IFF_UP = 0x1
/** The driver sees a carrier. */
const IFF_LOWER_UP = 0x10000

const IFADDRMSG_LENGTH = 8
const IFA_ADDRESS = 1
const IFA_LOCAL = 2
const IFA_CACHEINFO = 6
const IFA_FLAGS = 8
const IFA_F_SECONDARY = 0x01
/** Use the address at once: a VIP cannot wait a second for duplicate address detection, and its last holder may be deaf. */
const IFA_F_NODAD = 0x02
/** The address brings no route to its prefix. Too large for the header's byte of flags: it goes into IFA_FLAGS. */
const IFA_F_NOPREFIXROUTE = 0x200
const FOR_EVER = 0xffffffff

/** Longest name of an interface (IFNAMSIZ less the terminating zero). */
const NAME_BYTES_MAX = 15

export type Link = Omit<NetworkInterface, 'addresses'>

/** An address and the interface that it is on. */
export interface LinkAddress extends InterfaceAddress {
  readonly interfaceIndex: number
  /** Put without duplicate address detection, as virtual IPs are. */
  readonly noDad: boolean
}

/** RTM_GETLINK of one interface; undefined where no interface can have that name. */
export function encodeGetLink(name: string): Buffer | undefined {
  const bytes = Buffer.from(`${name}\0`)
  if (name === '' || bytes.length > NAME_BYTES_MAX + 1 || bytes.indexOf(0) < bytes.length - 1) return undefined
  return Buffer.concat([Buffer.alloc(IFINFOMSG_LENGTH), encodeAttribute(IFLA_IFNAME, bytes)])
}

/** RTM_GETLINK of all interfaces. */
export const encodeGetLinks = (): Buffer => Buffer.alloc(IFINFOMSG_LENGTH)

/** RTM_NEWLINK; undefined where it is not one that can be read. */
export function parseLink(payload: Buffer): Link | undefined {
  const attributes = parseAttributes(payload, IFINFOMSG_LENGTH)
  const name = attributes?.get(IFLA_IFNAME)
  const mtu = attributes?.get(IFLA_MTU)
  if (!attributes || !name || !mtu || mtu.length < 4) return undefined
  const flags = payload.readUInt32LE(8)
  return {
    index: payload.readInt32LE(4),
    name: name.toString('utf8').replace(/\0.*$/s, ''),
    mac: formatMac(attributes.get(IFLA_ADDRESS) ?? Buffer.of()),
    mtu: mtu.readUInt32LE(0),
    up: (flags & IFF_UP) !== 0 && (flags & IFF_LOWER_UP) !== 0,
  }
}

/** The body of RTM_SETLINK that sets `promote_secondaries` of one interface. */
export function encodePromoteSecondaries(interfaceIndex: number): Buffer {
  const header = Buffer.alloc(IFINFOMSG_LENGTH)
  header.writeInt32LE(interfaceIndex, 4)
  const on = Buffer.alloc(4)
  on.writeUInt32LE(1)
  const conf = encodeAttribute(IFLA_INET_CONF, encodeAttribute(IPV4_DEVCONF_PROMOTE_SECONDARIES, on))
  return Buffer.concat([header, encodeAttribute(IFLA_AF_SPEC, encodeAttribute(AF_INET, conf))])
}

/** RTM_GETADDR of all addresses: the kernel gives those of every interface. */
export function encodeGetAddresses(): Buffer {
  return Buffer.alloc(IFADDRMSG_LENGTH)
}

/** RTM_NEWADDR of a dump; undefined where it is neither IPv4 nor IPv6, or cannot be read. */
export function parseAddress(payload: Buffer): LinkAddress | undefined {
  const attributes = parseAttributes(payload, IFADDRMSG_LENGTH)
  const family = payload[0] === AF_INET ? 4 : payload[0] === AF_INET6 ? 6 : undefined
  // On a point-to-point link IFA_ADDRESS is the peer; IFA_LOCAL, where there is one, is always our own.
  const bytes = attributes?.get(IFA_LOCAL) ?? attributes?.get(IFA_ADDRESS)
  const address = bytes && addressText(bytes)
  if (!family || address === undefined || bytes?.length !== (family === 4 ? 4 : 16)) return undefined
  const cacheInfo = attributes?.get(IFA_CACHEINFO)
  const valid = cacheInfo && cacheInfo.length >= 8 ? cacheInfo.readUInt32LE(4) : FOR_EVER
  return {
    family,
    address,
    prefixLength: payload.readUInt8(1),
    validLifetimeS: valid === FOR_EVER ? null : valid,
    interfaceIndex: payload.readUInt32LE(4),
    noDad: family === 6 && (payload.readUInt8(2) & IFA_F_NODAD) !== 0,
    ...(family === 4 && (payload.readUInt8(2) & IFA_F_SECONDARY) !== 0 ? { secondary: true } : {}),
  }
}

/**
 * The body of RTM_NEWADDR: with a lifetime the kernel itself removes the address after so many seconds (1..2^32-2).
 * `prefixRoute`: whether an IPv6 address is to bring the route to its prefix.
 */
export function encodeNewAddress(
  change: AddressChange,
  validLifetimeS: number | null,
  prefixRoute = true,
): Result<Buffer> {
  const lifetime = validLifetimeS ?? FOR_EVER
  if (!Number.isInteger(lifetime) || lifetime < 1 || (validLifetimeS !== null && lifetime >= FOR_EVER)) {
    return refused('EINVAL', `${validLifetimeS} is no lifetime in whole seconds`)
  }
  const body = encodeAddressBody(change)
  if (!body.ok) return body
  const cacheInfo = Buffer.alloc(16)
  // IPv4: preferred as long as it is valid. IPv6: never, so that it is the source of no connection of the node's own
  // (RFC 6724 §5 rule 3); with a secondary address IPv4 does without.
  cacheInfo.writeUInt32LE(isIpv6(body.value) ? 0 : lifetime, 0)
  cacheInfo.writeUInt32LE(lifetime, 4)
  const attributes = [encodeAttribute(IFA_CACHEINFO, cacheInfo)]
  if (isIpv6(body.value) && !prefixRoute) {
    const flags = Buffer.alloc(4)
    flags.writeUInt32LE(IFA_F_NODAD | IFA_F_NOPREFIXROUTE)
    attributes.push(encodeAttribute(IFA_FLAGS, flags))
  }
  return { ok: true, value: Buffer.concat([body.value, ...attributes]) }
}

const isIpv6 = (body: Buffer): boolean => body[0] === AF_INET6

/** The body of RTM_DELADDR. */
export function encodeDeleteAddress(change: AddressChange): Result<Buffer> {
  return encodeAddressBody(change)
}

function encodeAddressBody(change: AddressChange): Result<Buffer> {
  const bytes = addressBytes(change.address)
  if (!bytes) return refused('EINVAL', `${change.address} is no IP address`)
  const { prefixLength } = change
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > bytes.length * 8) {
    return refused('EINVAL', `/${prefixLength} is no prefix length for ${change.address}`)
  }
  const header = Buffer.alloc(IFADDRMSG_LENGTH)
  header[0] = bytes.length === 4 ? AF_INET : AF_INET6
  header[1] = prefixLength
  header[2] = bytes.length === 4 ? 0 : IFA_F_NODAD
  header.writeUInt32LE(change.interfaceIndex, 4)
  return {
    ok: true,
    value: Buffer.concat([header, encodeAttribute(IFA_LOCAL, bytes), encodeAttribute(IFA_ADDRESS, bytes)]),
  }
}
