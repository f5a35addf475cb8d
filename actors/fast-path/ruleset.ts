/**
 * Kernel mode as text for `nft -f`: pure functions from what shall hold to one transaction.
 *
 * Three tables are ours. `netdev proxyha` does the forwarding, before routing and connection tracking see a packet; `arp proxyha` keeps
 * the host's other interfaces from speaking for the VIPs; `inet proxyha` exists only where several original ports lead to one
 * proxy port (see `port-mapping.ts`).
 *
 * What the caller has to know:
 * - A host that is `director` of a VIP forwards what comes for it; one that is `node` takes redirected packets only from
 *   the MAC of a node (from whoever else they are dropped: it is a client that has not yet heard of the new director, and
 *   an answer from here would reset its connection). So apply `director` before the first gratuitous ARP, and `node`
 *   not before the next director's.
 * - Of a VIP of which this host is `node` it answers no ARP and no neighbour solicitation, wherever the address is, and its kernel
 *   asks none with it; a gratuitous ARP that is sent nevertheless leaves unchanged.
 * - The packets themselves write the pins. `Ruleset.pins` are loaded when the whole table is made, and when this host becomes
 *   director of its first VIP (in place of what is left of an earlier time); otherwise a change does not look at them.
 *   So what is adopted from an earlier process, or survives `interfaceName` or `tableSize` being changed, has to be read
 *   first (`parsePins` of `listing.ts`).
 * - A transaction that is refused (somebody flushed or changed the tables) has changed nothing; `fullRuleset` then sets
 *   everything right.
 */
import { FORWARDING, flushedPins, forwardingTable, loadedPins } from './forwarding-table.ts'
import { hasSameSkeleton, type NftTable, removedTable, tableChange, wholeTable } from './nft-table.ts'
import { OTHER_INTERFACES, otherInterfacesTable } from './other-interfaces-table.ts'
import type { Ruleset } from './ruleset-types.ts'
import { TRACKING, trackingTable } from './tracking-table.ts'

/** One transaction that makes everything anew, whatever was there; no packet meets a moment without rules. */
export function fullRuleset(ruleset: Ruleset): string {
  return [
    wholeTable(forwardingTable(ruleset)),
    loadedPins(ruleset),
    wholeTable(otherInterfacesTable(ruleset)),
    trackingChange(undefined, trackingTable(ruleset)),
  ].join('')
}

/**
 * The smallest transaction that makes `after` out of `before`; undefined where there is nothing to do. Roles, slots, nodes,
 * VIPs and ports are elements, with few rules beside them.
 */
export function changeOf(before: Ruleset, after: Ruleset): string | undefined {
  const [was, is] = [forwardingTable(before), forwardingTable(after)]
  const text = [
    tableChange(was, is),
    pinsChange(),
    tableChange(otherInterfacesTable(before), otherInterfacesTable(after)),
    trackingChange(trackingTable(before) ?? 'none', trackingTable(after)),
  ].join('')
  return text === '' ? undefined : text

  function pinsChange(): string {
    if (!hasSameSkeleton(was, is)) return loadedPins(after)
    return isDirector(after) && !isDirector(before) ? flushedPins() + loadedPins(after) : ''
  }
}

/** Whether this host is director of any VIP. */
export function isDirector({ virtualIps }: Ruleset): boolean {
  return virtualIps.some(({ role }) => role === 'director')
}

/** Every table that is ours, where it is there. */
export const OWN_TABLES = [FORWARDING, OTHER_INTERFACES, TRACKING] as const

/** What removes our tables, also where there are none. */
export function removedRuleset(): string {
  return OWN_TABLES.map(removedTable).join('')
}

/** `before` undefined: nobody knows. */
function trackingChange(before: NftTable | 'none' | undefined, after: NftTable | undefined): string {
  if (after !== undefined) return typeof before === 'object' ? tableChange(before, after) : wholeTable(after)
  return before === 'none' ? '' : removedTable(TRACKING)
}
