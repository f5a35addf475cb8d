import { foldRoles } from '../elector/roles.ts'
import type { FastPathState } from './state.ts'
import type { Turn } from './turn.ts'

/**
 * A director moves a slot between nodes that both work when the one that loses it has said which of its clients have to stay
 * (`staying.ts`). Until then the former owner gets the slot's new clients too.
 */

/** Never sooner: a handshake may be under way at the former owner. */
const SETTLE_MS = 300
/** After that, for nodes that have said nothing: a beacon was lost, or a host is busy. */
const LATECOMERS_MS = 1700

/** Slots have moved, or this host has become director while they did: what packets go by are those in force. */
export function beginSettling(turn: Turn): void {
  const { group, applied, timers, roles } = turn.state
  if (group === null || applied === null) return
  if (!group.dealtHere && foldRoles(roles).virtualIps.length === 0) return
  const losing = new Set<number>()
  for (const [slot, mark] of applied.slots.entries()) if (group.slots[slot] !== mark) losing.add(mark)
  if (losing.size === 0) return
  const losers = group.nodes.filter(({ mark, self, eligible }) => eligible && !self && losing.has(mark))
  turn.change({ awaited: new Set([...turn.state.awaited, ...losers.map(({ address }) => address)]) })
  if (timers.settle === undefined) turn.startTimer('settle', SETTLE_MS)
}

/** A node has said who has to stay, by the slots of that generation: of clients that it does not know to lose it says nothing. */
export function noteLoserTold(turn: Turn, address: string, generation: number): void {
  if (isOlder(generation, turn.state.group?.generation ?? generation)) return
  const awaited = new Set(turn.state.awaited)
  if (!awaited.delete(address)) return
  turn.change({ awaited })
  if (awaited.size === 0 && turn.state.awaitingLatecomers) endSettling(turn)
}

/** The time is over: for the first time, or for latecomers as well. */
export function expireSettling(turn: Turn): void {
  const { awaited, awaitingLatecomers, group } = turn.state
  const working = [...awaited].some((address) => isEligible(group, address))
  if (awaitingLatecomers || !working) {
    endSettling(turn)
    return
  }
  turn.change({ awaitingLatecomers: true })
  turn.startTimer('settle', LATECOMERS_MS)
}

function endSettling(turn: Turn): void {
  turn.forgetTimer('settle')
  turn.change({ awaited: new Set(), awaitingLatecomers: false })
}

/** Generations begin anew behind 2 ** 32. */
const isOlder = (one: number, other: number): boolean => one !== other && (other - one) >>> 0 < 2 ** 31

const isEligible = (group: FastPathState['group'], address: string) =>
  group?.nodes.some((node) => node.address === address && node.eligible) ?? false
