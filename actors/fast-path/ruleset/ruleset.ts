/**
 * Kernel mode as text for `nft -f`: pure functions from what shall hold to one transaction.
 *
 * Three tables are ours. `netdev proxyha` does the forwarding, before routing and connection tracking see a packet; `arp proxyha` keeps
 * the host's other interfaces from speaking for the VIPs; `inet proxyha` is of what the host's own IP stack does (`host-table.ts`).
 *
 * What the caller has to know:
 * - A host that is `director` of a VIP, or was (`former`), forwards what comes for it; one that is `node` takes redirected packets only from
 *   the MAC of a node (from whoever else they are dropped: it is a client that has not yet heard of the new director, and
 *   an answer from here would reset its connection). So apply `director` before the first gratuitous ARP, and `node`
 *   not before the next director's has reached everybody.
 * - Of a VIP of which this host is not `director` it answers no ARP and no neighbour solicitation, wherever the address is. Its kernel never
 *   asks with a VIP; a gratuitous ARP leaves unchanged.
 * - The packets themselves write the pins. `Ruleset.pins` are loaded when the whole table is made, and when this host becomes
 *   director of its first VIP (in place of what is left of an earlier time); otherwise a change does not look at them.
 *   What an earlier process has left stays where it is (`kept-maps.ts`); where that cannot be, as when `tableSize` was changed, it has to
 *   be read first (`tables.ts`).
 * - A transaction that is refused (somebody flushed or changed the tables) has changed nothing; `fullRuleset` then sets
 *   everything right.
 */

import {
  hasSameSkeleton,
  remadeTable,
  removedTable,
  tableChange,
  wholeTable,
} from '../../../runtime/ports/nft/nft-table.ts'
import { FORWARDING, flushedPins, forwardingTable, loadedPins } from './forwarding-table.ts'
import { HOST, hostTable } from './host-table.ts'
import { KEPT_NAMES } from './kept-maps.ts'
import { OTHER_INTERFACES, otherInterfacesTable } from './other-interfaces-table.ts'
import type { KeptMaps, Ruleset } from './ruleset-types.ts'

/** One transaction that makes everything anew, whatever was there; no packet meets a moment without rules. */
export function fullRuleset(ruleset: Ruleset): string {
  return [
    wholeTable(forwardingTable(ruleset)),
    loadedPins(ruleset),
    wholeTable(otherInterfacesTable(ruleset)),
    wholeTable(hostTable(ruleset)),
  ].join('')
}

/** The same around the maps of a predecessor, which go on as they are: the ruleset's pins and connections are in them. */
export function rulesetAround(ruleset: Ruleset, { others, counters = [] }: KeptMaps): string {
  const kept = new Set([...KEPT_NAMES, ...counters])
  return [
    remadeTable(forwardingTable(ruleset), others, kept),
    wholeTable(otherInterfacesTable(ruleset)),
    wholeTable(hostTable(ruleset)),
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
    tableChange(hostTable(before), hostTable(after)),
  ].join('')
  return text === '' ? undefined : text

  function pinsChange(): string {
    if (!hasSameSkeleton(was, is)) return loadedPins(after)
    if (isDirector(after) && !isDirector(before)) return flushedPins() + loadedPins(after)
    // What packets have written is of no use to a node, and a burden to who finds it at the next start.
    return forwards(before) && !forwards(after) ? flushedPins() : ''
  }
}

const forwards = ({ virtualIps }: Ruleset): boolean => virtualIps.some(({ role }) => role !== 'node')

/** Whether this host is director of any VIP. */
export function isDirector({ virtualIps }: Ruleset): boolean {
  return virtualIps.some(({ role }) => role === 'director')
}

/** Every table that is ours, where it is there. */
export const OWN_TABLES = [FORWARDING, OTHER_INTERFACES, HOST] as const

/** What removes our tables, also where there are none. */
export function removedRuleset(): string {
  return OWN_TABLES.map(removedTable).join('')
}
