import type { KernelEvent } from '../kernel-events.ts'
import { type NetlinkMessage, splitMessages } from './netlink-messages.ts'
import { parseAddress, parseLink, RTM_DELADDR, RTM_NEWADDR, RTM_NEWLINK } from './rtnetlink-messages.ts'
import { parseDefaultRoute, RTM_DELROUTE, RTM_NEWROUTE } from './rtnetlink-routes.ts'

const RTM_DELLINK = 17

const RTMGRP_LINK = 0x1
const RTMGRP_IPV4_IFADDR = 0x10
const RTMGRP_IPV4_ROUTE = 0x40
const RTMGRP_IPV6_IFADDR = 0x100

/** The multicast groups to listen to. */
export function groupsOf({ defaultRoutes }: { readonly defaultRoutes: boolean }): number {
  return RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | (defaultRoutes ? RTMGRP_IPV4_ROUTE : 0)
}

/** The events of one datagram. One that cannot be read counts as lost events: the truth is to be read anew. */
export function eventsOf(datagram: Buffer): readonly KernelEvent[] {
  const messages = splitMessages(datagram)
  if (!messages.ok) return [{ type: 'overrun' }]
  return messages.value.flatMap((message) => eventOf(message) ?? [])
}

function eventOf({ type, payload }: NetlinkMessage): KernelEvent | undefined {
  switch (type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      const link = parseLink(payload)
      return link && { type: 'link', interfaceIndex: link.index, interfaceName: link.name }
    }
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const held = parseAddress(payload)
      if (held === undefined) return undefined
      const { interfaceIndex, address, prefixLength } = held
      return { type: 'address', interfaceIndex, address, prefixLength, present: type === RTM_NEWADDR }
    }
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      const route = parseDefaultRoute(payload)
      if (route === undefined) return undefined
      return { type: 'defaultRoute', interfaceIndex: route.interfaceIndex, present: type === RTM_NEWROUTE }
    }
    default:
      return undefined
  }
}
