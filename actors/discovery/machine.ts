import type { Machine } from '../../runtime/system/machine.ts'
import { counted } from '../../runtime/system/turn.ts'
import type { RoleMessage } from '../elector/messages.ts'
import { foldRoles } from '../elector/roles.ts'
import { assignerAddress, directorAddresses, isAssigner, ledSince } from './directors.ts'
import { withDraining, withDrainOrder, withOrdersRepeated } from './draining.ts'
import { caughtUp, withPacket } from './incoming.ts'
import {
  agedNodes,
  excusedNodes,
  macsOf,
  membersOf,
  nextDeadlineMs,
  promotedNodes,
  suspectedNodes,
} from './membership.ts'
import type { DiscoveryStatus, Member } from './messages.ts'
import { withAssignment, withClients, withHello, withReport, withReports } from './outgoing.ts'
import {
  type DiscoveryEffect,
  type DiscoveryEvent,
  type DiscoveryState,
  type DiscoveryTimer,
  type Progress,
  staleAfterMs,
} from './state.ts'
import { warningsOf } from './warnings.ts'

/** The director repeats the assignment with every fifth hello, for whoever missed it. */
const ASSIGNMENT_EVERY_BEATS = 5

/**
 * Membership by beacons: a director says hello once an interval and hears the reports, every other node answers. Each step
 * ends by comparing the members before and after: what changed is logged, and told to the dispatcher at once.
 */
export const step: Machine<DiscoveryState, DiscoveryEvent, DiscoveryEffect> = (state, event, nowMs) => {
  const moved = handled({ state, effects: [] }, event, nowMs)
  const before = membersOf(state, nowMs)
  const after = membersOf(moved.state, nowMs)
  const assigner = assignerAddress(moved.state, nowMs)
  const changed = signatureOf(before) !== signatureOf(after) || assigner !== assignerAddress(state, nowMs)
  const due = event.type === 'dispatcherUp' || isBeat(state, event) || changed
  const macs = macsOf(moved.state)
  const message = { type: 'membership', members: after, macs, assigner } as const
  const tell: DiscoveryEffect = { type: 'send', to: 'dispatcher', message }
  // Until the port monitor has spoken this node would be missing in the list.
  const told = due && moved.state.monitor !== null ? [tell] : []
  return { state: moved.state, effects: [...moved.effects, ...partnerLogs(state, before, after), ...told] }
}

function handled(progress: Progress, event: DiscoveryEvent, nowMs: number): Progress {
  const { state, effects } = progress
  switch (event.type) {
    case 'start':
      return withBeat(progress, nowMs)
    case 'timerExpired':
      if (event.generation !== state.timers[event.timer]) return progress
      return event.timer === 'beat' ? withBeat(progress, nowMs) : withDeadline(progress, nowMs)
    case 'packet':
      return withPacket(progress, event.packet, nowMs)
    case 'role':
      return withRole(progress, event, nowMs)
    case 'monitor':
      if (event.state === state.monitor && `${event.failedPorts}` === `${state.failedPorts}`) return progress
      return withReports({ effects, state: { ...state, monitor: event.state, failedPorts: event.failedPorts } }, nowMs)
    case 'drain':
      return withDraining(progress, event.draining, nowMs)
    case 'drainOrder':
      return withDrainOrder(progress, event.address, event.draining, nowMs)
    case 'markRefused': {
      const line = `a restart of this gateway will end or resume its draining: ${event.reason}`
      return { state, effects: [...effects, { type: 'log', level: 'warn', line }] }
    }
    case 'clients':
      return withClients(progress, event)
    case 'agent':
      return withReports({ effects, state: { ...state, agent: event.word } }, nowMs)
    case 'load':
      return { effects, state: { ...state, load: event.load, countedAtMs: event.countedAtMs } }
    case 'publish':
      return withAssignment({ effects, state: { ...state, assignment: event.assignment } }, nowMs)
    case 'dispatcherUp':
      return withReplica(progress, nowMs)
    case 'electorUp':
      return state.assignment === null ? progress : { state, effects: [...effects, ...caughtUp([event.elector])] }
    case 'configured':
      // The next beat says what others have to know of it.
      return { effects, state: { ...state, options: event.options } }
    case 'stop':
      // The elector stops first: who was director is told to be nothing by now, and still has to tell all.
      return state.role === 'scanning' ? withReports(progress, nowMs, true) : withHello(progress, nowMs, true)
    case 'sent':
      return progress
    case 'sendFailed':
      return { effects, state: counted(state, 'sendFailed') }
    default:
      return event satisfies never
  }
}

const isBeat = (state: DiscoveryState, event: DiscoveryEvent) =>
  event.type === 'timerExpired' && event.timer === 'beat' && event.generation === state.timers.beat

/** Once an interval, and at once at a change of role. */
function withBeat(progress: Progress, nowMs: number): Progress {
  const { state } = progress
  const { intervalMs } = state.options
  const lateMs = nowMs - state.lastBeatMs - intervalMs
  const nodes = agedNodes(lateMs > intervalMs ? excusedNodes(state.nodes, lateMs) : state.nodes, nowMs)
  const beaten = { ...progress, state: { ...state, nodes, beats: state.beats + 1, lastBeatMs: nowMs } }
  const said = withOrdersRepeated(state.role === 'director' ? withDirectorBeat(beaten, nowMs) : beaten)
  return withDeadlineTimer(withTimer(withWarningLogs(said, nowMs), 'beat', intervalMs), nowMs)
}

function withDirectorBeat(progress: Progress, nowMs: number): Progress {
  const { state, effects } = progress
  const { beats, assignmentWanted } = state
  const greeted = withHello({ effects, state: { ...state, ...standing(state, nowMs) } }, nowMs)
  return assignmentWanted || beats % ASSIGNMENT_EVERY_BEATS === 0 ? withAssignment(greeted, nowMs) : greeted
}

/**
 * A director is established once it must have heard of all nodes, and of a director that was there before it. One that is
 * alone has no assignment that is worth keeping: where it was cut off, that of the others is.
 */
function standing(state: DiscoveryState, nowMs: number): Pick<DiscoveryState, 'companySinceMs' | 'established'> {
  const isAlone = [...state.nodes.values()].every(({ stale }) => stale)
  if (isAlone) return { companySinceMs: null, established: false }
  const companySinceMs = state.companySinceMs ?? nowMs
  return { companySinceMs, established: state.established || nowMs - companySinceMs >= staleAfterMs(state.options) }
}

/** A node may have gone stale between two beats. After a standstill that is for the beat to judge, which is late too. */
function withDeadline(progress: Progress, nowMs: number): Progress {
  const { state } = progress
  if (nowMs - state.lastBeatMs > 2 * state.options.intervalMs) return progress
  return withDeadlineTimer({ ...progress, state: { ...state, nodes: agedNodes(state.nodes, nowMs) } }, nowMs)
}

function withDeadlineTimer(progress: Progress, nowMs: number): Progress {
  const { nodes, lastBeatMs, options } = progress.state
  const deadlineMs = nextDeadlineMs(nodes)
  return deadlineMs < lastBeatMs + options.intervalMs ? withTimer(progress, 'deadline', deadlineMs - nowMs) : progress
}

function withTimer({ state, effects }: Progress, timer: DiscoveryTimer, delayMs: number): Progress {
  const generation = state.timers[timer] + 1
  return {
    state: { ...state, timers: { ...state.timers, [timer]: generation } },
    effects: [...effects, { type: 'startTimer', timer, generation, delayMs }],
  }
}

/** What one elector says. Where it changes what this node leads, all are told at once. */
function withRole({ state, effects }: Progress, message: RoleMessage, nowMs: number): Progress {
  const roles = new Map(state.roles).set(message.instance, message)
  const { role } = foldRoles(roles)
  const promoted = role === 'director' && state.role !== 'director'
  const elected: DiscoveryState = {
    ...state,
    roles,
    role,
    companySinceMs: role === 'director' ? state.companySinceMs : null,
    ledSinceMs: ledSince({ ...state, roles }, nowMs),
    nodes: promoted ? promotedNodes(state, nowMs) : state.nodes,
    assignmentWanted: state.assignmentWanted || promoted,
  }
  const directors = directorAddresses(elected, nowMs)
  const former = [...directorAddresses(state, nowMs)].filter((address) => !directors.has(address))
  const nodes = role === 'director' ? suspectedNodes(elected, new Set(former), nowMs) : elected.nodes
  const greeted = withGreeting({ state: { ...elected, nodes }, effects }, message, state.roles.get(message.instance))
  const changed = role !== state.role || `${[...elected.ledSinceMs.keys()]}` !== `${[...state.ledSinceMs.keys()]}`
  return changed ? withBeat(greeted, nowMs) : greeted
}

/** A new director need not wait for our answer to its hello, if it is one that we know. */
function withGreeting(progress: Progress, { role, masterAddress }: RoleMessage, before?: RoleMessage): Progress {
  const isNew = role !== 'director' && masterAddress !== null && masterAddress !== before?.masterAddress
  return isNew && progress.state.nodes.has(masterAddress) ? withReport(progress, masterAddress) : progress
}

function withReplica(progress: Progress, nowMs: number): Progress {
  const { assignment } = progress.state
  if (assignment === null || isAssigner(progress.state, nowMs)) return progress
  const message = { type: 'replica', assignment } as const
  return { ...progress, effects: [...progress.effects, { type: 'send', to: 'dispatcher', message }] }
}

function withWarningLogs({ state, effects }: Progress, nowMs: number): Progress {
  const warnings = warningsOf(state, nowMs)
  const fresh = warnings.filter((warning) => !state.warnings.includes(warning))
  const logs = fresh.map((line): DiscoveryEffect => ({ type: 'log', level: 'warn', line }))
  return { state: { ...state, warnings }, effects: [...effects, ...logs] }
}

const isUsable = (member: Member) => member.health === 'ok' || member.health === 'draining'

/**
 * What the operator follows a failover by. A node that this one comes to judge by becoming director, and knew before, has
 * neither failed nor joined.
 */
function partnerLogs(
  stateBefore: DiscoveryState,
  before: readonly Member[],
  after: readonly Member[],
): DiscoveryEffect[] {
  const earlier = new Map(before.map((member) => [member.address, member]))
  return after.flatMap((member): DiscoveryEffect[] => {
    const was = earlier.get(member.address)
    const known = was !== undefined || stateBefore.nodes.has(member.address)
    const usable = isUsable(member)
    if (member.self || (known && (was === undefined || isUsable(was) === usable))) return []
    const line = `Scanning partner has ${usable ? 'joined' : 'failed'} ${member.address}`
    return [
      { type: 'log', level: usable ? 'info' : 'warn', line, fields: { node: member.name, health: member.health } },
    ]
  })
}

const signatureOf = (members: readonly Member[]) =>
  members.map(({ address, health, director }) => `${address} ${health} ${director}`).join()

/** What the control's `describe()` answers. */
export function describeDiscovery(state: DiscoveryState, nowMs: number): DiscoveryStatus {
  const { counters, nodes, replayWindows } = state
  return {
    members: membersOf(state, nowMs),
    counters: { ...counters, nodesKnown: nodes.size, sendersHeard: replayWindows.size },
    warnings: warningsOf(state, nowMs),
  }
}
