import { foldRoles } from '../elector/messages.ts'
import type { Ruleset } from './ruleset/ruleset-types.ts'
import type { FastPathState } from './state.ts'
import { isSettled } from './staying/settling.ts'
import type { Turn } from './turn.ts'

/**
 * The announcers are told of which virtual IPs this host is director in its kernel's rules, with slots of nodes that are there: those of a
 * dead director are announced then. Of a director that lives they are announced when it knows who has to stay where, too: clients move to
 * a host that is ready for them. Once ready, always ready, as long as it leads.
 */
export function tellReady(turn: Turn): void {
  const { state } = turn
  const led = foldRoles(state.roles).virtualIps
  // All slots are looked at: not at every event of a node that leads nothing.
  const all = led.length > 0 && takesEverybody(state.applied) ? state.applied.virtualIps : []
  const directed = all.flatMap(({ address, role }) => (role === 'director' ? [address] : []))
  const known = new Set([...state.forwarded.ready, ...(knowsEverything(state) ? directed : [])])
  const virtualIps = led.filter((address) => directed.includes(address))
  const ready = led.filter((address) => known.has(address))
  if (`${virtualIps} ${ready}` === `${state.forwarded.virtualIps} ${state.forwarded.ready}`) return
  turn.change({ forwarded: { virtualIps, ready } })
  turn.perform({ type: 'tellForwarded', virtualIps, ready })
}

/** A new director's first rules have the slots as they were dealt before it: a SYN to those of a dead one goes nowhere. */
function takesEverybody(applied: Ruleset | null): applied is Ruleset {
  const takers = new Set(applied?.nodes.flatMap(({ mark, takesNew }) => (takesNew ? [mark] : [])))
  return applied !== null && (takers.size === 0 || applied.slots.every((mark) => takers.has(mark)))
}

/** Nothing of what a new director has yet to learn, or to write, is outstanding. */
const knowsEverything = (state: FastPathState): boolean =>
  state.applied !== null &&
  state.applied.hearing !== true &&
  state.hearing === null &&
  !state.pinsDue &&
  state.errand.kind !== 'pinning' &&
  isSettled(state, state.former) &&
  isSettled(state, state.applied.former ?? null)
