import { foldRoles } from '../elector/messages.ts'
import type { FastPathState, Serving } from './state.ts'
import type { Turn } from './turn.ts'

/**
 * Discovery is told whether this host's kernel serves what directors hand on to it: new clients come only while it does. What comes sooner, or
 * later, is answered by nobody: each such SYN is a second that a client waits. And whether it may lead: who forwards by a predecessor's tables
 * yet, or is reading them, is not ready when clients come.
 */

/** The kernel may have got what was missing. */
export function tellServing(turn: Turn): void {
  const { serving, found } = turn.state
  if (serving !== 'own' && serving !== 'leaving' && servesByItself(turn.state)) enterServing(turn, 'own')
  else if (serving === 'starting' && found?.present === true) enterServing(turn, 'lent')
}

export function enterServing(turn: Turn, serving: Serving): void {
  turn.change({ serving })
  repeatServing(turn)
}

/** Discovery has just started. */
export function repeatServing(turn: Turn): void {
  const { serving } = turn.state
  const mayLead = serving === 'own'
  turn.perform({
    type: 'send',
    to: 'discovery',
    message: { type: 'serving', serving: mayLead || serving === 'lent', mayLead },
  })
}

/** It knows all nodes of the group: from others nothing is taken. */
function servesByItself({ applied, group, roles }: FastPathState): boolean {
  if (applied === null || group === null) return false
  const known = new Set(applied.nodes.map(({ mark }) => mark))
  const isAlone = group.nodes.every(({ self }) => self) && foldRoles(roles).role !== 'director'
  return !isAlone && group.nodes.every(({ mark }) => known.has(mark))
}
