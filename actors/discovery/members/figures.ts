import type { Assignment, NodeFigures } from '../messages.ts'
import type { DiscoveryState } from '../state.ts'
import { knownMembers } from './membership.ts'
import { trafficOf } from './traffic.ts'

/** What changes by the second, of all nodes that are heard, by this node or by the director. */
export function nodeFigures(state: DiscoveryState, nowMs: number): readonly NodeFigures[] {
  const slots = slotsByNode(state.assignment)
  return knownMembers(state, nowMs)
    .filter(({ health }) => health !== 'stale')
    .map(({ address, name, activeConnections, lastSeenMs }) => {
      const word = state.nodes.get(address)?.node.traffic ?? null
      const traffic = trafficOf(state, address, word, nowMs)
      return { address, name, activeConnections, slots: slots.get(address) ?? 0, traffic, ageMs: lastSeenMs }
    })
}

function slotsByNode(assignment: Assignment | null): ReadonlyMap<string, number> {
  if (assignment === null) return new Map()
  const counts = new Array<number>(assignment.nodes.length).fill(0)
  for (const owner of assignment.slots) if (owner < counts.length) counts[owner]! += 1
  return new Map(assignment.nodes.map((address, index) => [address, counts[index]!]))
}
