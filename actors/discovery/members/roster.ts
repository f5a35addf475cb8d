/** How beacons name other nodes than their sender. */
import { MAX_MISSED, type RosterEntry } from '../../../runtime/wire/beacon/body.ts'
import type { DiscoveryState, GoneNode } from '../state.ts'
import { tellableTraffic } from './traffic.ts'

/** All of which a director knows; those that are gone as well: whoever is director next is to miss them too. */
export function rosterOf(state: DiscoveryState, nowMs: number): readonly RosterEntry[] {
  const { nodes, gone } = state
  const known = [...nodes.values()].map(({ address, lastSeenMs, stale, left, settingsDiffer, node }): RosterEntry => {
    return { address, ageMs: nowMs - lastSeenMs, stale, left, settingsDiffer, node }
  })
  const all = [...known, ...[...gone.values()].map((node) => entryOf(node, nowMs))]
  return all.map((entry) => {
    const traffic = tellableTraffic(state, entry.address, entry.node.traffic)
    return { ...entry, node: { ...entry.node, traffic } }
  })
}

/** For a report: those that are gone, and that the director's hello did not name. */
export const missedNodes = ({ gone }: DiscoveryState, nowMs: number): readonly RosterEntry[] =>
  [...gone.values()]
    .filter(({ told }) => !told)
    .slice(0, MAX_MISSED)
    .map((node) => entryOf(node, nowMs))

function entryOf({ address, node, lastSeenMs, left }: GoneNode, nowMs: number): RosterEntry {
  return { address, ageMs: nowMs - lastSeenMs, stale: true, left, settingsDiffer: false, node }
}
