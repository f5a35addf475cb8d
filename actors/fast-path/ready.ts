import { foldRoles } from '../elector/roles.ts'
import type { FastPathState } from './state.ts'
import type { Turn } from './turn.ts'

/**
 * The announcers are told which virtual IPs this host forwards: it leads them, its kernel has the rules, and knows who has to stay where. A
 * takeover from a director that lives is announced then, so that clients move to a host that is ready for them. Once ready, always ready, as long
 * as it leads.
 */
export function tellReady(turn: Turn): void {
  const { state } = turn
  const led = foldRoles(state.roles).virtualIps
  const now = isInForce(state) ? (state.applied?.virtualIps ?? []).filter(({ role }) => role === 'director') : []
  const forwarded = new Set([...state.ready, ...now.map(({ address }) => address)])
  const ready = led.filter((address) => forwarded.has(address))
  if (ready.length === state.ready.length && ready.every((address) => state.ready.includes(address))) return
  turn.change({ ready })
  turn.perform({ type: 'tellForwarded', virtualIps: ready })
}

/** Nothing of what a new director has yet to learn, or to write, is outstanding. */
const isInForce = ({ applied, hearing, pinsDue, errand }: FastPathState): boolean =>
  applied !== null && applied.hearing !== true && hearing === null && !pinsDue && errand.kind !== 'pinning'
