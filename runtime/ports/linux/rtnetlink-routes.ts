/**
 * IPv4 default routes in rtnetlink (linux/rtnetlink.h). The fixed part; attributes follow:
 *
 *     rtmsg   family(1) destinationLength(1) sourceLength(1) tos(1) table(1) protocol(1) scope(1) type(1) flags(4)
 */
import { addressText } from '../../wire/ip-address-bytes.ts'
import { AF_INET } from './libc.ts'
import { parseAttributes } from './netlink-messages.ts'

export const RTM_NEWROUTE = 24
export const RTM_DELROUTE = 25
export const RTM_GETROUTE = 26

const RTMSG_LENGTH = 12
const RTA_OIF = 4
const RTA_GATEWAY = 5
const RTA_PRIORITY = 6
const RT_TABLE_MAIN = 254
const RTN_UNICAST = 1

export interface DefaultRoute {
  readonly interfaceIndex: number
  /** Null: the destinations are on the link itself. */
  readonly gateway: string | null
  /** The lowest is used. */
  readonly metric: number
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
