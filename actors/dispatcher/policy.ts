import type { Member } from '../discovery/messages.ts'

/** Weight of a node that nothing holds back. */
export const FULL_WEIGHT = 256
/** Weights are multiples of this, and move by at most one at a time. */
const WEIGHT_STEP = 32
/** A weight stays where it is until what it should be differs by that much: loads waver, clients should not. */
const HYSTERESIS = 48
/** CPU use up to which a node is not held back, and its share of the full weight when the CPU is all busy. */
const CPU_FREE = 0.7
const SHARE_AT_FULL_CPU = 0.25
/** Connections, as a multiple of the group's mean, up to which a node is not held back. */
const CONNECTIONS_FREE = 1.5
const SHARE_AT_MANY_CONNECTIONS = 0.5
/** Below so many connections per node on average, the spread says nothing. */
const CONNECTIONS_MINIMUM = 32

/**
 * The members that may own slots: those that are ok. Where there are none, those that are draining go on: they work, and
 * draining the last node must not stop the service.
 */
export function usableMembers(members: readonly Member[]): readonly Member[] {
  const ok = members.filter((member) => member.health === 'ok')
  return ok.length > 0 ? ok : members.filter((member) => member.health === 'draining')
}

/**
 * The weights of the usable members by address, 32..256; whoever is not in the map has 0. With `adjust` those that have one
 * already go a step towards what their load asks for; without it they keep theirs. New ones start where they should be.
 */
export function nextWeights(
  current: ReadonlyMap<string, number>,
  members: readonly Member[],
  adjust: boolean,
): ReadonlyMap<string, number> {
  const usable = usableMembers(members)
  const meanConnections = usable.reduce((sum, member) => sum + member.activeConnections, 0) / usable.length
  return new Map(
    usable.map((member) => {
      const weight = current.get(member.address)
      const target = targetWeight(member, meanConnections)
      if (weight === undefined) return [member.address, quantised(target)]
      return [member.address, adjust ? stepTowards(weight, target) : weight]
    }),
  )
}

/** What a member's load asks for: less the busier its CPU is, and less the more connections it has than the others. */
function targetWeight(member: Member, meanConnections: number): number {
  const busy = Math.max(0, member.cpu - CPU_FREE) / (1 - CPU_FREE)
  const byCpu = 1 - busy * (1 - SHARE_AT_FULL_CPU)
  const ratio = meanConnections < CONNECTIONS_MINIMUM ? 1 : member.activeConnections / meanConnections
  const byConnections = Math.max(SHARE_AT_MANY_CONNECTIONS, Math.min(1, CONNECTIONS_FREE / ratio))
  return FULL_WEIGHT * byCpu * byConnections
}

/** The nearest weight that a usable node may have. */
export const quantised = (weight: number): number =>
  Math.max(WEIGHT_STEP, Math.round(weight / WEIGHT_STEP) * WEIGHT_STEP)

function stepTowards(weight: number, target: number): number {
  const gap = quantised(target) - weight
  // Whom nothing holds back any more goes all the way up, not to within the hysteresis.
  if (target < FULL_WEIGHT && Math.abs(gap) < HYSTERESIS) return weight
  return weight + Math.sign(gap) * WEIGHT_STEP
}
