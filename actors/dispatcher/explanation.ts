import type { Member } from '../discovery/messages.ts'
import { FULL_WEIGHT, type NodeBalance } from './policy.ts'

const percent = (share: number) => `${Math.round(share * 100)} %`

/** Why a node has the weight that it has, for people: what holds it back now, or that nothing does. */
export function explainWeight(member: Member, node: NodeBalance | undefined): string {
  if (node === undefined)
    return `gets no clients: ${member.health === 'ok' ? `it is in ${member.forwarding} mode` : member.health}`
  const { overload, rampSinceMs, ramp, agent, weight } = node
  const reasons = [
    ...(overload.overloaded ? [overloadText(member, node)] : []),
    ...(agent < 1 ? [`its agent says ${percent(agent)}`] : []),
    ...(rampSinceMs === null ? [] : [`slow start, at ${percent(ramp)}`]),
    ...(weight < FULL_WEIGHT && !overload.overloaded
      ? [
          `held to ${percent(weight / FULL_WEIGHT)} since it was overloaded, until it is clearly less busy than the others (CPU ${percent(member.cpu)})`,
        ]
      : []),
    ...(member.health === 'draining' ? ['draining, but no other node works'] : []),
  ]
  const held = reasons.length === 0 ? 'nothing holds it back' : reasons.join('; ')
  return `capacity ${member.capacity}; ${held}`
}

function overloadText({ cpu, pressure }: Member, { share, spared, weight }: NodeBalance): string {
  const load = `CPU ${percent(cpu)}${pressure === null ? '' : `, CPU pressure ${percent(pressure)}`}`
  if (share === 0) return `overloaded (${load}): gets no new clients`
  const rest = `gets ${percent(weight / FULL_WEIGHT)} of its new clients`
  return `overloaded (${load}): ${rest}, since ${spared ? 'no other copes with them' : 'the others have no room for all'}`
}
