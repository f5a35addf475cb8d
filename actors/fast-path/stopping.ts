import type { Result } from '../../runtime/ports/result.ts'
import type { ConnectedClient } from '../../runtime/wire/beacon/clients.ts'
import type { ForwardingMessage } from './messages.ts'
import { enterServing } from './serving.ts'
import type { FastPathState } from './state.ts'
import { hastenGivingWay } from './staying/giving-way.ts'
import type { Turn } from './turn.ts'

/** A director that does not deal this host's slots to others by then has not heard that it leaves. */
const LEAVING_MS = 2000
/** After that: the director's kernel has the new owners as well, and SYNs that were under way have arrived. */
const LEFT_MS = 500

/**
 * From now on this host is director of nothing. What is under way is waited for, clients that have yet to hear of the next director, and
 * until new ones go to other nodes: a SYN that comes when the tables are gone is answered by nobody.
 */
export function beginStopping(turn: Turn): void {
  turn.change({ stopping: true })
  // A refusal is not tried again for long: the shell's patience ends.
  turn.cancelTimer('retry')
  hastenGivingWay(turn)
  enterServing(turn, 'leaving')
  const { group } = turn.state
  if (!ownsSlots(group) || !group?.nodes.some(({ self, takesNew }) => !self && takesNew)) return
  turn.startTimer('leaving', LEAVING_MS)
}

/** This host owns no slot any more. */
export function noteLeft(turn: Turn, before: FastPathState): void {
  const { stopping, group } = turn.state
  if (stopping && ownsSlots(before.group) && !ownsSlots(group)) turn.startTimer('leaving', LEFT_MS)
}

function ownsSlots(group: ForwardingMessage | null): boolean {
  const own = group?.nodes.find(({ self }) => self)?.mark
  return own !== undefined && group?.slots.includes(own) === true
}

/** The kernel has what a host has that is no director: now it is seen what must stay. */
export function finishStopping(turn: Turn): void {
  turn.change({ errand: { kind: 'retiring' } })
  turn.perform({ type: 'readClients' })
}

/**
 * Connections that clients have to this host live by the port mapping and by the addresses on lo, not by this process: the next one
 * takes both over, so that a restart costs none of them. Where there are none, nothing is left behind.
 */
export function decideWhatStays(turn: Turn, clients: Result<readonly ConnectedClient[]>): void {
  if (!clients.ok || clients.value.length > 0) {
    const who = clients.ok ? `${clients.value.length} clients have connections that live by them` : clients.reason
    turn.log(
      'info',
      `the tables of kernel mode and the virtual IPs on lo stay, for the next start or until "nft delete table netdev proxyha": ${who}`,
    )
    turn.perform({ type: 'retired' })
    return
  }
  turn.perform({ type: 'remove' })
}

export function continueRemoving(turn: Turn, result: Result): void {
  if (!result.ok) turn.log('warn', `the tables of kernel mode could not be removed: ${result.reason}`)
  turn.perform({ type: 'retired' })
}
