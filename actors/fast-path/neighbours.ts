import type { FastPathState } from './state.ts'
import type { Turn } from './turn.ts'

const PROBLEM = 'neighbour:'

/** The other nodes: what the kernel knows of them is asked with every look. */
export const neighboursToLookAt = ({ group }: FastPathState): readonly string[] =>
  group?.nodes.flatMap(({ self, address }) => (self ? [] : [address])) ?? []

/**
 * Frames go by the MACs of the beacons. Where the kernel has learned another one for the same address, two hosts have it, or somebody
 * between them answers ARP for others: the frames may reach the wrong one.
 */
export function compareNeighbours(turn: Turn, macs: ReadonlyMap<string, string>): void {
  const { group, problems } = turn.state
  const differing = new Map<string, string>()
  for (const { self, address, mac } of group?.nodes ?? []) {
    const heard = macs.get(address)
    if (self || heard === undefined || heard === mac) continue
    const text = `${address} has the MAC ${mac} by its beacons, and ${heard} in this host's neighbour table`
    differing.set(`${PROBLEM}${address}`, `${text}: do two hosts have that address, or does one answer ARP for others?`)
  }
  for (const [problem, text] of differing) turn.trouble(problem, text)
  for (const problem of problems.keys()) {
    if (problem.startsWith(PROBLEM) && !differing.has(problem)) turn.resolved(problem)
  }
}
