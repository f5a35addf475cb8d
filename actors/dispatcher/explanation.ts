import type { Member } from '../discovery/messages.ts'
import { FULL_WEIGHT, type NodeBalance } from './policy.ts'

const percent = (share: number) => `${Math.round(share * 100)} %`

/** Why a node has the weight that it has, for people: what holds it back now, or that nothing does. */
export function explainWeight(member: Member, node: NodeBalance | undefined): string {
  if (node === undefined) return `gets no clients: ${member.health}`
  const { overload, rampSinceMs, ramp, agent, weight, share } = node
  const reasons = [
    ...(overload.overloaded ? [overloadText(member, share)] : []),
    ...(agent < 1 ? [`its agent says ${percent(agent)}`] : []),
    ...(rampSinceMs === null ? [] : [`slow start, at ${percent(ramp)}`]),
    ...(weight < FULL_WEIGHT
      ? [
          `held to ${percent(weight / FULL_WEIGHT)} since it was overloaded, until it has room for all (CPU ${percent(member.cpu)})`,
        ]
      : []),
    ...(member.health === 'draining' ? ['draining, but no other node works'] : []),
  ]
  const held = reasons.length === 0 ? 'nothing holds it back' : reasons.join('; ')
  return `capacity ${member.capacity}; ${held}`
}

function overloadText({ cpu, pressure }: Member, share: number): string {
  const load = `CPU ${percent(cpu)}${pressure === null ? '' : `, CPU pressure ${percent(pressure)}`}`
  return `overloaded (${load}): ${share === 0 ? 'gets no new clients' : 'goes on, since no node has room'}`
}
