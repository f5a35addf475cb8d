/** The virtual IPs on the loopback interface, where every node of kernel mode has them. */
import { isIPv6 } from 'node:net'
import type { Netlink, NetworkInterface } from '../../../runtime/ports/netlink/netlink.ts'
import { done, type Result } from '../../../runtime/ports/result.ts'

const LOOPBACK = 'lo'
/**
 * They are there for good, since connections live by them, and by an end that nobody lives to see (a century) they are told from those that
 * an administrator has put there (as for LVS), which have none.
 */
const LASTING_S = 3_200_000_000

/** Virtual IPs that the loopback interface does not have. */
export function missingOnLoopback(netlink: Netlink, virtualIps: readonly string[]): readonly string[] {
  const loopback = netlink.interfaceByName(LOOPBACK)
  if (!loopback.ok) return []
  const there = new Set(loopback.value.addresses.map(({ address }) => address))
  return virtualIps.filter((address) => !there.has(address))
}

/** What was refused, and why. An administrator's own address does as well, and stays what it is. */
export function putOnLoopback(netlink: Netlink, addresses: readonly string[]): readonly string[] {
  const loopback = netlink.interfaceByName(LOOPBACK)
  if (!loopback.ok) return [`cannot put the virtual IPs on ${LOOPBACK}: ${loopback.reason}`]
  const { index: interfaceIndex } = loopback.value
  const others = othersOn(loopback.value)
  return addresses.flatMap((address) => {
    if (others.has(address)) return []
    const prefixLength = isIPv6(address) ? 128 : 32
    const put = netlink.putAddress({ interfaceIndex, address, prefixLength, validLifetimeS: LASTING_S })
    return put.ok ? [] : [`cannot put ${address} on ${LOOPBACK}: ${put.reason}`]
  })
}

/** Takes off what was put there, and leaves what is an administrator's own. */
export function removeFromLoopback(netlink: Netlink, virtualIps: readonly string[]): Result {
  const loopback = netlink.interfaceByName(LOOPBACK)
  if (!loopback.ok) return loopback
  const { index: interfaceIndex, addresses } = loopback.value
  const ours = addresses.filter(
    ({ address, validLifetimeS }) => validLifetimeS !== null && virtualIps.includes(address),
  )
  for (const { address, prefixLength } of ours) {
    const removed = netlink.removeAddress({ interfaceIndex, address, prefixLength })
    if (!removed.ok) return removed
  }
  return done
}

/** Virtual IPs that an administrator has put on it. */
export function foreignOnLoopback(netlink: Netlink, virtualIps: readonly string[]): readonly string[] {
  const loopback = netlink.interfaceByName(LOOPBACK)
  if (!loopback.ok) return []
  const others = othersOn(loopback.value)
  return virtualIps.filter((address) => others.has(address))
}

const othersOn = ({ addresses }: NetworkInterface): ReadonlySet<string> =>
  new Set(addresses.flatMap(({ address, validLifetimeS }) => (validLifetimeS === null ? [address] : [])))
