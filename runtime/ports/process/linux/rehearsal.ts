import { emitGratuitousArp } from '../../../wire/arp.ts'
import type { Netlink } from '../../netlink/netlink.ts'
import type { PacketPort } from '../../raw-ip/packet.ts'
import type { Result } from '../../result.ts'

/** No interface has this index: the kernel refuses what is asked of it, and nothing happens. */
const NO_INTERFACE = 0
/** TEST-NET-1 (RFC 5737). */
const ADDRESS = { interfaceIndex: NO_INTERFACE, address: '192.0.2.1', prefixLength: 32 }

/** In vain: it is known by it whether addresses may be put at all (`EPERM`). */
export const putNowhere = (netlink: Netlink): Result => netlink.putAddress({ ...ADDRESS, validLifetimeS: 2 })

/** The first call of each costs a millisecond or more, for it is compiled then: made in vain at the start, not at a takeover. */
export function rehearseTakeover(netlink: Netlink, packet: PacketPort): void {
  putNowhere(netlink)
  packet.send(NO_INTERFACE, emitGratuitousArp('02:00:00:00:00:01', ADDRESS.address))
  netlink.removeAddress(ADDRESS)
}
