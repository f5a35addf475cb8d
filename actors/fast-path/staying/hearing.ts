import type { RoleMessage } from '../../elector/messages.ts'
import { foldRoles } from '../../elector/messages.ts'
import type { ForwardingNode } from '../messages.ts'
import type { FastPathState } from '../state.ts'
import type { Turn } from '../turn.ts'
import { beginSettling, goOnSettling } from './settling.ts'

/**
 * A new director has none of the pins that packets wrote at the one before it. It hears from every node which clients have to stay
 * there (`staying.ts`). Until then segments that begin no connection are dropped: TCP sends them again, but what a node resets that
 * knows nothing of the connection is lost.
 */

/** A predecessor that is dead is waited for no longer, nor a node that was taken for dead: it may be back, and is heard by then. */
const FORMER_MS = 300
/** After that, for the others: they are heard, so they say it, however busy they are. */
const OTHERS_MS = 2200

/** Who is director, as one elector says. */
export function noteMaster(turn: Turn, { instance, role, masterAddress }: RoleMessage): void {
  const lastMasters = new Map(turn.state.lastMasters)
  if (role === 'director') lastMasters.delete(instance)
  else if (masterAddress !== null) lastMasters.set(instance, masterAddress)
  turn.change({ lastMasters })
}

/** Roles have changed: does this host lead what it did not lead? */
export function noteLead(turn: Turn, before: FastPathState): void {
  const [had, has] = [foldRoles(before.roles).virtualIps, foldRoles(turn.state.roles).virtualIps]
  if (has.length === 0) {
    turn.cancelTimer('hearing')
    turn.change({ hearing: null })
    return
  }
  const more = has.filter((address) => !had.includes(address))
  if (more.length === 0) return
  const gained = [...turn.state.roles].find(
    ([instance, { role }]) => role === 'director' && before.roles.get(instance)?.role !== 'director',
  )
  // To an address that nobody has had until now nobody has connections.
  const known = new Set([...before.roles.values()].flatMap(({ virtualIps }) => virtualIps))
  if (gained === undefined && !more.some((address) => known.has(address))) return
  const former = gained === undefined ? null : (before.lastMasters.get(gained[0]) ?? null)
  turn.change({ hearing: { former, told: new Set(), extended: false } })
  turn.startTimer('hearing', FORMER_MS)
  beginSettling(turn)
  endWhereAllTold(turn)
}

export function noteTold(turn: Turn, address: string): void {
  const { hearing } = turn.state
  if (hearing === null) return
  turn.change({ hearing: { ...hearing, told: new Set(hearing.told).add(address) } })
  endWhereAllTold(turn)
}

/** The time is over. */
export function giveUpHearing(turn: Turn): void {
  const { hearing } = turn.state
  if (hearing === null) return
  const others = missing(turn.state).filter(({ address, speaks }) => speaks && address !== hearing.former)
  if (others.length === 0 && knowsOwners(turn.state)) {
    endHearing(turn)
    return
  }
  if (hearing.extended) {
    const silent = others.map(({ address }) => address).join(', ') || 'an owner of slots that nobody has heard of'
    turn.log('warn', `not told which clients have to stay: ${silent}; connections there may be cut`)
    endHearing(turn)
    return
  }
  turn.change({ hearing: { ...hearing, extended: true } })
  turn.startTimer('hearing', OTHERS_MS)
}

/** All have told, or nobody is waited for any more; the group may have changed as well. */
export function endWhereAllTold(turn: Turn): void {
  const { state } = turn
  if (state.hearing === null || missing(state).length > 0 || !knowsOwners(state)) return
  turn.cancelTimer('hearing')
  endHearing(turn)
}

/** Now they are pinned. Whose node has said nothing goes by the former owners from now on. */
function endHearing(turn: Turn): void {
  const { staying, pinsDue } = turn.state
  goOnSettling(turn)
  turn.change({ hearing: null, pinsDue: pinsDue || [...staying.values()].some(({ clients }) => clients.size > 0) })
}

/** Who may have clients and has not said so yet. A predecessor that is known to be dead is none of them. */
function missing({ group, hearing }: FastPathState): readonly ForwardingNode[] {
  if (hearing === null) return []
  const mayBeBack = ({ address, left, gone }: ForwardingNode) => !left && !gone && address !== hearing.former
  return (group?.nodes ?? []).filter(
    (node) => !node.self && (node.speaks || mayBeBack(node)) && !hearing.told.has(node.address),
  )
}

/** A director that led for less than a beacon's interval has left slots of nodes that this host has not heard yet: they have clients, too. */
function knowsOwners({ group }: FastPathState): boolean {
  const known = new Set(group?.nodes.map(({ mark }) => mark))
  return group === null || group.slots.every((mark) => mark === 0 || known.has(mark))
}
