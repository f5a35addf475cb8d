import { isDeepStrictEqual } from 'node:util'
import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { Machine } from '../../runtime/actor-system/machine/machine.ts'
import { FAILING_REDIRECTS_MAX, NOBODY } from '../../runtime/table/layout.ts'
import type { NodeSetting, NodeState } from '../../runtime/table/node-rows.ts'
import type { Assignment, Member, NodeMac } from '../discovery/messages.ts'
import { foldRoles } from '../elector/messages.ts'
import { forwardingMoved, forwardingOf, knowsOwners } from './forwarding.ts'
import { movesBetween, withMove } from './moved.ts'
import { adoptBalance, FULL_WEIGHT, nextBalance, quantised, sharesOf, usableMembers } from './policy.ts'
import {
  afterTry,
  dueTries,
  type PortTry,
  reachBy,
  reachOf,
  unreachedText,
  unreachedWarnings,
  withReach,
} from './reach.ts'
import { movementLog, spreadingLogs } from './reasons.ts'
import { goneRows, slotsByOwner, withRows } from './rows.ts'
import { countSlots, keyOfAddress, movedSlots, type Slots, shareSlots } from './slots.ts'
import {
  type DispatcherEffect,
  type DispatcherEvent,
  type DispatcherRules,
  type DispatcherState,
  indexOfAddress,
  isAssigning,
  type Progress,
} from './state.ts'
import { refusalOfTie, sameTies, tableTies, tieLine, tiesFrom, tiesOf, withTie } from './ties.ts'

const sweepTimer: DispatcherEffect = { type: 'startTimer', timer: 'sweep', delayMs: 5000 }
const UINT32 = 2 ** 32

/**
 * Which node owns which slot. The director that assigns decides, writes its table and publishes; every other node, be it
 * director of another instance, copies what was published: both hand a client to the same node, and the next one to assign
 * starts from the same slots.
 */
export const step: Machine<DispatcherState, DispatcherEvent, DispatcherEffect> = (state, event, nowMs) => {
  const next = tiesWritten(state, handled(state, event, nowMs))
  const isDue = event.type === 'fastPathUp' || forwardingMoved(state, next.state)
  if (!state.rules.tellsFastPath || !isDue || !knowsOwners(next.state)) return next
  const told: DispatcherEffect = { type: 'send', to: 'fast-path', message: forwardingOf(next.state) }
  return { state: next.state, effects: [...next.effects, told] }
}

/** The table names nodes by their rows. */
function tiesWritten(before: DispatcherState, { state, effects }: Progress): Progress {
  if (before.tied === state.tied && before.rows === state.rows) return { state, effects }
  const tied = tableTies(state.tied, state.rows)
  return isDeepStrictEqual(tableTies(before.tied, before.rows), tied)
    ? { state, effects }
    : { state, effects: [...effects, { type: 'writeTied', tied }] }
}

function handled(state: DispatcherState, event: DispatcherEvent, nowMs: number): Progress {
  const progress: Progress = { state: { ...state, warnings: [] }, effects: [] }
  const quiet = { state, effects: [] }
  switch (event.type) {
    case 'start':
      return { state, effects: [sweepTimer] }
    case 'timerExpired': {
      const sweep = { type: 'sweep', idleS: state.rules.clientIdleS } as const
      const tries = isAssigning(state) ? dueTries(state.members, state.rules.triedPorts) : []
      return { state, effects: [sweep, ...tries, sweepTimer] }
    }
    case 'role': {
      const next = { ...state, roles: new Map(state.roles).set(event.instance, event) }
      const spreading = { state: next, effects: spreadingLogs(state, next) }
      return isAssigning(next) && !isAssigning(state) ? prefixed(spreading, withTakeover(next, nowMs)) : spreading
    }
    case 'membership': {
      const { members, assigner, macs } = event
      const reach = reachOf(state.reach, members)
      const moves = movesBetween(state.members, members)
      const heard = { ...progress.state, members, assigner, macs: [...macs, ...keptMacs(progress.state, macs)], reach }
      const moved = moves.reduce(withMove, { state: heard, effects: [] })
      const next = moved.state
      if (!isAssigning(next)) return withRows(moved, memberRows(next))
      if (!isAssigning(state)) return prefixed(moved, withTakeover(next, nowMs))
      const balanced = withBalance(moved, nowMs)
      return moves.length > 0 ? withPublication(balanced, state) : withPublicationOfChange(balanced, state)
    }
    case 'tried':
      return isAssigning(state) ? withTry(progress, event.address, event.tries, nowMs) : quiet
    case 'replica':
      return isAssigning(state) ? quiet : withReplica(progress, event.assignment, nowMs)
    case 'discoveryUp':
      return isAssigning(state) ? withPublication(quiet, state) : quiet
    case 'fastPathUp':
      return quiet
    case 'tie': {
      const { client, node } = event
      if (!isAssigning(state) || refusalOfTie(state.tied, client, node) !== null) return quiet
      const log: DispatcherEffect = { type: 'log', level: 'info', line: tieLine(state.members, client, node) }
      const ordered = { state: { ...state, tied: withTie(state.tied, client, node) }, effects: [log] }
      return withPublication(ordered, state)
    }
    case 'configured': {
      const moved = withMove(
        { state: { ...state, rules: event.rules, reach: reachBy(state.reach, event.rules.triedPorts) }, effects: [] },
        { from: state.rules.managementIp, to: event.rules.managementIp },
      )
      // Rows have a bit for each redirect.
      const isSame = isDeepStrictEqual(state.rules.portsByRedirect, event.rules.portsByRedirect)
      return isSame ? moved : withRows(moved, memberRows(moved.state))
    }
    default:
      return event satisfies never
  }
}

const prefixed = ({ effects }: Progress, then: Progress): Progress => ({
  state: then.state,
  effects: [...effects, ...then.effects],
})

/** Assigns from now on: as the last one left it, but for nodes that are unusable. Loads are looked at later. */
function withTakeover(before: DispatcherState, nowMs: number): Progress {
  const balance = adoptBalance(slotsByOwner(before), nowMs)
  const state = { ...before, warnings: [], balance, absentSinceMs: new Map(), reach: new Map() }
  return withPublication(withBalance({ state, effects: [] }, nowMs), before, true)
}

/** A node answers no more, or does again; whoever failed once is tried once more, at once. */
function withTry(progress: Progress, address: string, tries: readonly PortTry[], nowMs: number): Progress {
  const before = progress.state
  const member = before.members.find((each) => each.address === address)
  if (member === undefined) return progress
  const { reach, again } = afterTry(before.reach, address, tries)
  const retry: readonly DispatcherEffect[] = again.length > 0 ? [{ type: 'tryNode', address, ports: again }] : []
  const next = { state: { ...before, reach }, effects: [...progress.effects, ...retry] }
  const [was, is] = [unreachedText(member, before.reach), unreachedText(member, reach)]
  if (was === is) return withHealthWarnings(next)
  const line = is ?? `${member.name} (${address}): its proxy answers this node again`
  const log: DispatcherEffect = { type: 'log', level: is === null ? 'info' : 'warn', line }
  return withPublicationOfChange(withBalance({ ...next, effects: [...next.effects, log] }, nowMs), before)
}

/** Shares by the members' health and load, slots by the shares; rows before slots, so that no slot names a row without a node. */
function withBalance(progress: Progress, nowMs: number): Progress {
  const { state } = progress
  const absentSinceMs = absentOwners(state, nowMs)
  const balance = nextBalance(state.balance, electorate(state), state.rules, nowMs)
  const shares = new Map([...sharesOf(balance), ...sharesOfAbsent(state, absentSinceMs, sharesOf(balance), nowMs)])
  const weighed = { ...progress, state: { ...state, balance, weights: weightsOf(shares), absentSinceMs } }
  const absentRows = [...absentSinceMs.keys()].map((address) => absentRow(weighed.state.weights, address))
  const written = withRows(weighed, [...memberRows(weighed.state), ...absentRows])
  const byIndex = written.state.rows.map((row) => (row === null ? 0 : (shares.get(row.address) ?? 0)))
  const keys = written.state.rows.map((row) => (row === null ? 0 : keyOfAddress(row.address)))
  const slots = shareSlots(state.slots, byIndex, keys)
  return withHealthWarnings({ ...written, state: { ...written.state, slots, movedAtMs: movesOf(state, slots, nowMs) } })
}

/** When each slot came to its owner, where these slots follow. */
function movesOf({ slots: before, movedAtMs }: DispatcherState, slots: Slots, nowMs: number): Float64Array {
  if (movedSlots(before, slots) === 0) return movedAtMs
  return movedAtMs.map((atMs, slot) => (slots[slot] === before[slot] ? atMs : nowMs))
}

/**
 * Discovery has just restarted, here or by a promotion: it forgot a node, the node has not gone. So that keeps the slots
 * that it has: the same part of the others' shares as of their slots.
 */
function sharesOfAbsent(
  state: DispatcherState,
  absentSinceMs: ReadonlyMap<string, number>,
  shares: ReadonlyMap<string, number>,
  nowMs: number,
): ReadonlyMap<string, number> {
  const counts = slotsByOwner(state)
  const owners = [...shares].filter(([address]) => counts.has(address))
  const slots = owners.reduce((sum, [address]) => sum + counts.get(address)!, 0)
  const share = slots === 0 ? 1 : owners.reduce((sum, [, each]) => sum + each, 0) / slots
  const kept = [...absentSinceMs].filter(([, sinceMs]) => nowMs - sinceMs < state.rules.absenceGraceMs)
  return new Map(kept.map(([address]) => [address, counts.get(address)! * share]))
}

/** Of owners of slots that discovery does not name, as it has just restarted: frames go on to them, and are taken from them. */
function keptMacs(state: DispatcherState, macs: readonly NodeMac[]): readonly NodeMac[] {
  const named = new Set(macs.map(({ address }) => address))
  const owners = slotsByOwner(state)
  return state.macs.filter(({ address }) => !named.has(address) && owners.has(address))
}

/** Shares as the table has them: whole numbers, the largest 256, and 0 only for who gets no new clients. */
function weightsOf(shares: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const most = Math.max(...shares.values())
  const weightOf = (share: number) => (share > 0 ? Math.max(1, Math.round((FULL_WEIGHT * share) / most)) : 0)
  return new Map([...shares].map(([address, share]) => [address, weightOf(share)]))
}

/** A director that nobody told of any node, and whose table names none, serves by itself. */
function electorate(state: DispatcherState): readonly Member[] {
  const { managementIp: address, tellsFastPath } = state.rules
  if (state.members.length > 0 || state.slots.some((owner) => owner !== NOBODY)) {
    const { triedPorts, portsByRedirect } = state.rules
    const members = withReach(state.members, state.reach, triedPorts, portsByRedirect.length > 0)
    return tellsFastPath ? members.map(takenByKernel) : members
  }
  const figures = { cpu: 0, memory: 0, pressure: null, activeConnections: 0, lastSeenMs: 0 }
  const traits = { capacity: 100, agent: null, failedPorts: [], drained: false, maint: 'off' } as const
  const forwarding = tellsFastPath ? 'kernel' : 'workers'
  return [
    { ...figures, ...traits, forwarding, address, name: address, mac: '', self: true, director: true, health: 'ok' },
  ]
}

/** A node in workers mode does not take the frames that a director in kernel mode hands on: it is as good as one that has failed. */
function takenByKernel(member: Member): Member {
  const isOk = member.health === 'ok' || member.health === 'draining'
  return isOk && member.forwarding === 'workers' ? { ...member, health: 'failure' } : member
}

/** Owners of slots whom the membership does not name, nor calls gone, and since when that is so. */
function absentOwners(state: DispatcherState, nowMs: number): ReadonlyMap<string, number> {
  const named = new Set([...state.members, ...state.macs.filter(({ gone }) => gone)].map(({ address }) => address))
  const absent = [...slotsByOwner(state).keys()].filter((address) => !named.has(address))
  return new Map(absent.map((address) => [address, state.absentSinceMs.get(address) ?? nowMs]))
}

function absentRow(weights: ReadonlyMap<string, number>, address: string): NodeSetting {
  const weight = weights.get(address) ?? 0
  return { address, weight, state: weight > 0 ? 'ok' : 'stale' }
}

function memberRows(state: DispatcherState): NodeSetting[] {
  const members = electorate(state)
  const usable = new Set(usableMembers(members).map((member) => member.address))
  const named = members.map((member): NodeSetting => {
    const { address, health, failedPorts } = member
    const isUsable = usable.has(address)
    const known: NodeState = isUsable ? 'ok' : health
    const weight = isUsable ? (state.weights.get(address) ?? FULL_WEIGHT) : 0
    const failing = failingRedirects(state.rules, failedPorts)
    const resets = !isUsable && isToBeReset(state, member)
    return { address, state: known, weight, ...(failing === 0 ? {} : { failing }), ...(resets ? { resets } : {}) }
  })
  return [...named, ...goneRows(state)]
}

/** Its maintenance is not to wait any longer; or it has failed where that is to end what is open there, but did not leave in order. */
function isToBeReset({ rules, macs }: DispatcherState, { address, health, maint }: Member): boolean {
  if (maint === 'due') return true
  if (!rules.resetsOnFailure || (health !== 'failure' && health !== 'stale')) return false
  return macs.find((node) => node.address === address)?.left !== true
}

/** Redirects as the table has them, one bit each; the 33rd and later ones are never taken out. */
function failingRedirects({ portsByRedirect }: DispatcherRules, failedPorts: readonly number[]): number {
  return portsByRedirect
    .slice(0, FAILING_REDIRECTS_MAX)
    .reduce((bits, port, index) => (failedPorts.includes(port) ? bits | (1 << index) : bits), 0)
}

function withHealthWarnings(progress: Progress): Progress {
  const { state } = progress
  const owned = state.slots.some((owner) => owner !== NOBODY)
  const lastResort = state.members.some((member) => member.health === 'draining' && state.weights.has(member.address))
  const warnings = [
    ...state.warnings,
    ...(owned ? [] : [warning('nobody-serves', null, 'no node can take connections')]),
    ...state.members.flatMap((member) => unreachedWarnings(member, state.reach)),
    ...(lastResort ? [warning('all-draining', null, 'all nodes that work are draining: they go on')] : []),
  ]
  return { ...progress, state: { ...state, warnings } }
}

function withPublicationOfChange(progress: Progress, before: DispatcherState): Progress {
  return movedSlots(before.slots, progress.state.slots) === 0 ? progress : withPublication(progress, before)
}

/** Tells discovery what the slots are now; if they have changed, as a new generation, which goes to the table as well. */
function withPublication({ state, effects }: Progress, before: DispatcherState, isTakeover = false): Progress {
  const moved = movedSlots(before.slots, state.slots)
  const isSame = moved === 0 && sameTies(before.tied, state.tied)
  const generation = isSame ? state.generation : (state.generation + 1) % UINT32
  const next = { ...state, generation }
  const written: DispatcherEffect[] =
    moved === 0
      ? []
      : [{ type: 'writeSlots', slots: state.slots, generation }, movementLog(before, next, moved, isTakeover)]
  const publish = { type: 'publish', assignment: assignmentOf(next) } as const
  return { state: next, effects: [...effects, ...written, { type: 'send', to: 'discovery', message: publish }] }
}

/** The slots with their owners by address: an index means nothing on another node. */
export function assignmentOf(state: DispatcherState): Assignment {
  const counts = countSlots(state.slots, state.rows.length)
  const owners = [...counts.keys()].filter((index) => counts[index]! > 0)
  const position = new Map(owners.map((index, at) => [index, at]))
  return {
    generation: state.generation,
    nodes: owners.map((index) => state.rows[index]!.address),
    slots: state.slots.map((owner) => position.get(owner) ?? NOBODY),
    tied: tiesOf(state.tied),
  }
}

/** Copies a director's assignment. Owners whom our membership does not name are as usable as the director thinks. */
function withReplica(progress: Progress, assignment: Assignment, nowMs: number): Progress {
  const named = new Set(progress.state.members.map((member) => member.address))
  const others = assignment.nodes.filter((address) => !named.has(address))
  const rows = others.map((address): NodeSetting => ({ address, state: 'ok', weight: FULL_WEIGHT }))
  const { state, effects } = withRows(progress, rows)
  const indexes = assignment.nodes.map((address) => indexOfAddress(state, address))
  const slots: Slots = assignment.slots.map((owner) => {
    const index = indexes[owner] ?? -1
    return index < 0 ? NOBODY : index
  })
  const { generation } = assignment
  const received = tiesFrom(assignment.tied)
  const tied = sameTies(state.tied, received) ? state.tied : received
  const isSame = tied === state.tied && movedSlots(state.slots, slots) === 0
  if (generation === state.generation && isSame) return { state, effects }
  const weights = weightsBehind(assignment)
  return {
    state: { ...state, slots, generation, tied, weights, movedAtMs: movesOf(state, slots, nowMs) },
    effects: [...effects, { type: 'writeSlots', slots, generation }],
  }
}

/** The weights that a director must have had in mind: by them, the same slots come out again at a promotion. */
function weightsBehind({ nodes, slots }: Assignment): ReadonlyMap<string, number> {
  const counts = countSlots(slots, nodes.length)
  const most = Math.max(1, ...counts)
  return new Map(nodes.map((address, at) => [address, quantised((FULL_WEIGHT * counts[at]!) / most)]))
}

/** As it is run, and replayed. */
export const dispatcherMachine = {
  machine: 'dispatcher',
  step,
  label: (state: DispatcherState): string => foldRoles(state.roles).role,
}
