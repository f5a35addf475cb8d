import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { Result } from '../../runtime/ports/result.ts'
import { foldRoles } from '../elector/messages.ts'
import { desiredRuleset } from './desired.ts'
import { changeOf, fullRuleset, isDirector, rulesetAround } from './ruleset/ruleset.ts'
import type { Ruleset } from './ruleset/ruleset-types.ts'
import type { FastPathState } from './state.ts'
import { knowsPlaces, stayingConnections, stayingPins } from './staying/staying.ts'
import { finishStopping } from './stopping.ts'
import type { Turn } from './turn.ts'

/** After a refusal, doubled with each one that follows, up to the most. */
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5000

/** Has the next thing done that is to be done, if nothing is under way and nothing has to be waited for. */
export function applyNext(turn: Turn): void {
  const { state } = turn
  if (state.errand.kind !== 'none' || state.timers.has('retry')) return
  if (state.applied === null && state.found === null) {
    turn.change({ errand: { kind: 'finding' } })
    // What somebody refused is not tried again around the same maps.
    turn.perform({ type: 'findTables', inPlace: state.refusals === 0 })
    return
  }
  if (
    state.pinsDue &&
    state.hearing === null &&
    state.applied !== null &&
    isDirector(state.applied) &&
    knowsPlaces(state)
  ) {
    // Before the slots that they are exceptions from.
    turn.change({ errand: { kind: 'pinning' }, pinsDue: false })
    turn.perform({ type: 'addPins', pins: stayingPins(state), connections: stayingConnections(state) })
    return
  }
  const desired = isReady(state) ? desiredRuleset(state) : undefined
  const script = desired && scriptFor(state, desired)
  if (desired !== undefined && script !== undefined) {
    turn.change({ errand: { kind: 'applying', ruleset: desired } })
    turn.perform({ type: 'apply', script })
    return
  }
  if (state.stopping) {
    if (state.givingWay.size === 0 && !state.timers.has('leaving')) finishStopping(turn)
  } else if (state.applied !== null && state.outline === null) {
    turn.change({ errand: { kind: 'outlining', baseline: true } })
    turn.perform({ type: 'outline' })
  }
}

function scriptFor({ applied, found }: FastPathState, desired: Ruleset): string | undefined {
  if (applied !== null) return changeOf(applied, desired)
  return found?.kept === undefined ? fullRuleset(desired) : rulesetAround(desired, found.kept)
}

/**
 * A table that a predecessor left forwards as well as it can until this process knows the group, and every node that clients are
 * pinned to: replaced by what a process knows that has just started, it would forward nothing, or forget them.
 */
function isReady({ found, applied, patient, roles, group, device, stopping }: FastPathState): boolean {
  if (roles.size === 0) return false
  if (applied !== null || found?.present !== true || !patient || stopping) return true
  if (group === null || group.generation === 0) return false
  const known = new Set([device?.mac, ...group.nodes.map(({ mac }) => mac)])
  const others = group.nodes.some(({ self }) => !self) || foldRoles(roles).role === 'director'
  const remembered = [...found.pins.map(({ mac }) => mac), ...(found.kept?.marks.values() ?? [])]
  return others && remembered.every((mac) => known.has(mac))
}

/** Somebody may have removed the table: asked for again. */
export function continuePinning(turn: Turn, result: Result): void {
  turn.change({ errand: { kind: 'none' } })
  if (result.ok) {
    turn.resolved('pins')
    return
  }
  const text = `cannot pin clients to the nodes that they have connections to: ${result.reason}`
  turn.trouble('pins', warning('pins-refused', null, text))
  turn.change({ pinsDue: true })
  turn.startTimer('retry', FIRST_RETRY_MS)
}

/** The kernel has taken it, all of it or nothing. */
export function continueApplying(turn: Turn, result: Result): void {
  const { errand, refusals, applied } = turn.state
  if (errand.kind !== 'applying') return
  if (result.ok) {
    turn.count('applied')
    turn.resolved('apply')
    const isFirst = applied === null
    // The outline is read anew: chains may be others now.
    const { ruleset } = errand
    const inForce = { applied: ruleset, slotsInForce: ruleset.slots, found: null, outline: null, refusals: 0 }
    turn.change({ errand: { kind: 'none' }, ...inForce })
    placeAddresses(turn, ruleset, isFirst)
    return
  }
  turn.count('refused')
  const text = `kernel mode cannot be brought up to date: ${result.reason}`
  turn.trouble('apply', warning('rules-refused', null, text))
  // Somebody may have changed our tables: they are read before the next attempt, which replaces them as a whole.
  turn.change({ errand: { kind: 'none' }, applied: null, found: null, outline: null, refusals: refusals + 1 })
  turn.startTimer('retry', Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(refusals, 10)))
}

/** On lo are the virtual IPs of the rules: added after those, which keep this host from answering ARP for them. */
function placeAddresses(turn: Turn, { virtualIps }: Ruleset, isFirst: boolean): void {
  const { onLoopback } = turn.state
  const wanted = virtualIps.map(({ address }) => address)
  const added = isFirst ? wanted : wanted.filter((address) => !onLoopback.includes(address))
  const removed = onLoopback.filter((address) => !wanted.includes(address))
  turn.change({ onLoopback: wanted })
  if (added.length > 0) turn.perform({ type: 'putAddresses', addresses: added })
  if (removed.length > 0) turn.perform({ type: 'removeAddresses', addresses: removed })
}
