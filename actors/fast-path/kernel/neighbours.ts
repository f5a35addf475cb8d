import { type Warning, warning } from '../../../runtime/actor-system/inspection/warning.ts'
import { foldRoles } from '../../elector/messages.ts'
import type { FastPathState, ProbedNode } from '../state.ts'
import type { Turn } from '../turn.ts'

const PROBLEM = 'neighbour:'

/** The other nodes: what the kernel knows of them is asked with every look. */
export const neighboursToLookAt = ({ group }: FastPathState): readonly string[] =>
  group?.nodes.flatMap(({ self, address }) => (self ? [] : [address])) ?? []

/**
 * Nodes of which nothing is heard, as a director asks them by ARP: what is open at one goes on where only its gateway has died, and is
 * lost where its host has. Who has not answered is dead until it is heard again.
 */
export function probeNodes(turn: Turn): readonly ProbedNode[] {
  const { group, roles, staying, probed } = turn.state
  const isDirector = foldRoles(roles).virtualIps.length > 0
  const mute = (group?.nodes ?? []).filter(
    ({ self, speaks, left, gone, address }) =>
      isDirector && !self && !speaks && (gone || (!left && staying.get(address)?.all !== true)),
  )
  turn.change({ probed: new Map(mute.map(({ address }) => [address, probed.get(address) ?? false])) })
  return mute
    .filter(({ address }) => probed.get(address) !== true)
    .map(({ address, mac }) => ({ address, mac, anew: !probed.has(address) }))
}

export function noteSilent(turn: Turn, silent: readonly string[]): void {
  if (silent.length === 0) return
  const { probed, staying, group } = turn.state
  // Of one that is gone for long the word is over as well: its clients are elsewhere when it is back.
  const over = new Set(group?.nodes.flatMap(({ address, gone }) => (gone && silent.includes(address) ? [address] : [])))
  turn.change({
    staying: new Map([...staying].filter(([address]) => !over.has(address))),
    probed: new Map([
      ...probed,
      ...silent.filter((address) => probed.has(address)).map((address) => [address, true] as const),
    ]),
  })
}

/**
 * Frames go by the MACs of the beacons. Where the kernel has learned another one for the same address, two hosts have it, or somebody
 * between them answers ARP for others: the frames may reach the wrong one.
 */
export function compareNeighbours(turn: Turn, macs: ReadonlyMap<string, string>): void {
  const { group, problems } = turn.state
  const differing = new Map<string, Warning>()
  for (const { self, address, mac } of group?.nodes ?? []) {
    const heard = macs.get(address)
    if (self || heard === undefined || heard === mac) continue
    const text = `${address} has the MAC ${mac} by its beacons, and ${heard} in this host's neighbour table`
    const cause = 'do two hosts have that address, or does one answer ARP for others?'
    differing.set(`${PROBLEM}${address}`, warning('mac-differs', address, `${text}: ${cause}`))
  }
  for (const [problem, said] of differing) turn.trouble(problem, said)
  for (const problem of problems.keys()) {
    if (problem.startsWith(PROBLEM) && !differing.has(problem)) turn.resolved(problem)
  }
}
