/**
 * Routes in rtnetlink, IPv4 default routes and those to a subnet on the link (linux/rtnetlink.h). The fixed part; attributes follow:
 *
 *     rtmsg   family(1) destinationLength(1) sourceLength(1) tos(1) table(1) protocol(1) scope(1) type(1) flags(4)
 */
import { addressBytes, addressText } from '../../../wire/ip-address-bytes.ts'
import { type Result, refused } from '../../result.ts'
import { AF_INET, AF_INET6 } from '../../sockets/linux/libc.ts'
import type { AddressChange } from '../netlink.ts'
import { encodeAttribute, parseAttributes } from './netlink-messages.ts'

export const RTM_NEWROUTE = 24
export const RTM_DELROUTE = 25
export const RTM_GETROUTE = 26

const RTMSG_LENGTH = 12
const RTA_DST = 1
const RTA_OIF = 4
const RTA_GATEWAY = 5
const RTA_PRIORITY = 6
const RT_TABLE_MAIN = 254
const RTN_UNICAST = 1
const RT_SCOPE_LINK = 253
/** Tells ours from other routes: a number that no routing daemon has. */
const RTPROT_PROXYHA = 200
/** Whatever somebody else routes to the same subnet comes first. */
const LAST_METRIC = 4_000_000_000

export interface DefaultRoute {
  readonly interfaceIndex: number
  /** Null: the destinations are on the link itself. */
  readonly gateway: string | null
  /** The lowest is used. */
  readonly metric: number
}

/** The body of RTM_NEWROUTE and RTM_DELROUTE: a subnet that is on the link itself. */
export function encodeLinkRoute({ interfaceIndex, address, prefixLength }: AddressChange): Result<Buffer> {
  const network = addressBytes(address)
  if (network === undefined) return refused('EINVAL', `${address} is no IP address`)
  const isIpv4 = network.length === 4
  const header = Buffer.alloc(RTMSG_LENGTH)
  header[0] = isIpv4 ? AF_INET : AF_INET6
  header[1] = prefixLength
  header[4] = RT_TABLE_MAIN
  header[5] = RTPROT_PROXYHA
  header[6] = isIpv4 ? RT_SCOPE_LINK : 0
  header[7] = RTN_UNICAST
  const [device, metric] = [Buffer.alloc(4), Buffer.alloc(4)]
  device.writeUInt32LE(interfaceIndex)
  metric.writeUInt32LE(LAST_METRIC)
  const attributes = [encodeAttribute(RTA_DST, network), encodeAttribute(RTA_OIF, device)]
  return { ok: true, value: Buffer.concat([header, ...attributes, encodeAttribute(RTA_PRIORITY, metric)]) }
}

/** RTM_GETROUTE of all IPv4 routes. */
export function encodeGetRoutes(): Buffer {
  const body = Buffer.alloc(RTMSG_LENGTH)
  body[0] = AF_INET
  return body
}

/** An IPv4 default route of the main table; undefined for every other route, and for one over several paths. */
export function parseDefaultRoute(payload: Buffer): DefaultRoute | undefined {
  const attributes = parseAttributes(payload, RTMSG_LENGTH)
  const isDefault = payload[0] === AF_INET && payload[1] === 0
  if (!attributes || !isDefault || payload[4] !== RT_TABLE_MAIN || payload[7] !== RTN_UNICAST) return undefined
  const device = attributes.get(RTA_OIF)
  if (device?.length !== 4) return undefined
  const gateway = attributes.get(RTA_GATEWAY)
  const metric = attributes.get(RTA_PRIORITY)
  return {
    interfaceIndex: device.readInt32LE(0),
    gateway: (gateway && addressText(gateway)) ?? null,
    metric: metric?.length === 4 ? metric.readUInt32LE(0) : 0,
  }
}
