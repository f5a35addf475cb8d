import { textsOf } from '../../runtime/actor-system/inspection/warning.ts'
import type { Machine } from '../../runtime/actor-system/machine/machine.ts'
import { counted } from '../../runtime/actor-system/machine/turn.ts'
import type { RoleMessage } from '../elector/messages.ts'
import { foldRoles } from '../elector/messages.ts'
import { withClientsRepeated, withClientsTold } from './beacons/clients-told.ts'
import { withHoldersTold } from './beacons/holders-told.ts'
import { caughtUp, withPacket } from './beacons/incoming.ts'
import { withAssignment, withHello, withReport, withReports } from './beacons/outgoing.ts'
import { withEpoch } from './beacons/renewal.ts'
import { assignerAddress, directorAddresses, isAssigner, ledSince } from './directors.ts'
import { drainLogs } from './draining/drain-logs.ts'
import { withDrainOrder, withMaintenanceOver, withMaintenanceTimer, withOrdersRepeated } from './draining/draining.ts'
import { happenings } from './happenings.ts'
import { absenceWarnings, memberStatuses } from './members/absence.ts'
import { missingLogs, withForgetOrder, withForgetsRepeated, withNodesLeft } from './members/gone.ts'
import { withKnownNodes } from './members/known-nodes.ts'
import {
  agedNodes,
  excusedNodes,
  macsOf,
  membersOf,
  nextDeadlineMs,
  patientNodes,
  promotedNodes,
  suspectedNodes,
} from './members/membership.ts'
import { withNodeChanges } from './members/node-changes.ts'
import { partnerLogs } from './members/partner-logs.ts'
import { inheritedTraffic } from './members/traffic.ts'
import type { DiscoveryStatus, Member, NodeMac, ServingMessage } from './messages.ts'
import { type DiscoveryOptions, staleAfterMs } from './options.ts'
import {
  type DiscoveryEffect,
  type DiscoveryEvent,
  type DiscoveryState,
  type DiscoveryTimer,
  type Progress,
  withPastSequence,
} from './state.ts'
import { withTimer } from './timers.ts'
import { upkeepTold } from './upkeep.ts'
import { strangeDirectors, warningsOf } from './warnings.ts'

/** The director repeats the assignment with every fifth hello, for whoever missed it. */
const ASSIGNMENT_EVERY_BEATS = 5

/**
 * Membership by beacons: a director says hello once an interval and hears the reports, every other node answers. Each step
 * ends by comparing the members before and after: what changed is logged, and told to the dispatcher at once.
 */
export const step: Machine<DiscoveryState, DiscoveryEvent, DiscoveryEffect> = (state, event, nowMs) => {
  const acted = handled({ state, effects: [] }, event, nowMs)
  const noticed = withNodeChanges(state, acted.state, nowMs)
  const moved = { state: noticed.state, effects: [...acted.effects, ...noticed.effects] }
  const before = membersOf(state, nowMs)
  const after = membersOf(moved.state, nowMs)
  const assigner = assignerAddress(moved.state, nowMs)
  const macs = macsOf(moved.state)
  const changed =
    signatureOf(before, macsOf(state)) !== signatureOf(after, macs) || assigner !== assignerAddress(state, nowMs)
  const due = event.type === 'dispatcherUp' || isBeat(event) || changed
  const message = { type: 'membership', members: after, macs, assigner } as const
  const tell: DiscoveryEffect = { type: 'send', to: 'dispatcher', message }
  // Until the port monitor has spoken this node would be missing in the list.
  const told = due && moved.state.monitor !== null ? [tell] : []
  const logs = [
    ...partnerLogs(state, moved.state),
    ...drainLogs(state, moved.state, after),
    ...missingLogs(state, moved.state, nowMs),
    ...happenings(state, moved.state),
  ]
  return { state: moved.state, effects: [...moved.effects, ...logs, ...told, ...upkeepTold(state, moved.state, event)] }
}

function handled(progress: Progress, event: DiscoveryEvent, nowMs: number): Progress {
  const { state, effects } = progress
  switch (event.type) {
    case 'start':
      return withMaintenanceTimer(withBeat(withInsecureNote(progress), nowMs))
    case 'timerExpired':
      return timerOver(progress, event.timer, nowMs)
    case 'packet':
      return withClientsRepeated(withPacket(progress, event.packet, nowMs), nowMs)
    case 'role':
      return withRole(progress, event, nowMs)
    case 'monitor':
      if (event.state === state.monitor && `${event.failedPorts}` === `${state.failedPorts}`) return progress
      return withReports({ effects, state: { ...state, monitor: event.state, failedPorts: event.failedPorts } }, nowMs)
    case 'device':
      return withMac(progress, event.mac, nowMs)
    case 'drainOrder':
      return withDrainOrder(progress, event.address, event.wish, nowMs)
    case 'forgetOrder':
      return withForgetOrder(progress, event.address, nowMs)
    case 'epochRenewed':
      return withEpoch(progress, event.epoch, nowMs)
    case 'markRefused': {
      const line = `a restart of this gateway will end or resume its draining: ${event.reason}`
      return { state, effects: [...effects, { type: 'log', level: 'warn', line }] }
    }
    case 'clients':
      return withClientsTold(progress, event, nowMs)
    case 'serving':
      return withServing(progress, event, nowMs)
    case 'holders':
      return withHoldersTold(progress, event, nowMs)
    case 'agent':
      return withReports({ effects, state: { ...state, agent: event.word } }, nowMs)
    case 'load':
      return { effects, state: { ...state, load: event.load, countedAtMs: event.countedAtMs } }
    case 'traffic':
      return {
        effects,
        state: { ...state, counted: new Map(event.counted.map(({ address, ...of }) => [address, of])) },
      }
    case 'publish':
      return withAssignment({ effects, state: { ...state, assignment: event.assignment } }, nowMs)
    case 'beaconsLost':
      return { effects, state: { ...state, nodes: patientNodes(state, nowMs) } }
    case 'rawIpUp':
      return withKnownNodes({ effects, state: { ...state, knownNodes: '' } })
    case 'dispatcherUp':
      return withReplica(progress, nowMs)
    case 'statsReporterUp':
      return progress
    case 'electorUp':
      return { state, effects: [...effects, ...caughtUp(state, [event.elector])] }
    case 'configured':
      return withOptions(progress, event.options, nowMs)
    case 'stop':
      // The elector stops first: who was director is told to be nothing by now, and still has to tell all.
      return state.role === 'scanning'
        ? withReports(progress, nowMs, true)
        : withHello(progress, nowMs, { leaving: true })
    case 'sent':
      return progress
    case 'sendFailed':
      return { effects, state: counted(state, 'sendFailed') }
    default:
      return event satisfies never
  }
}

function timerOver(progress: Progress, timer: DiscoveryTimer, nowMs: number): Progress {
  switch (timer) {
    case 'beat':
      return withBeat(progress, nowMs)
    case 'deadline':
      return withDeadline(progress, nowMs)
    case 'maint':
      return withMaintenanceOver(progress, nowMs)
    default:
      return timer satisfies never
  }
}

/** What is wanted is no warning. */
function withInsecureNote({ state, effects }: Progress): Progress {
  const { keys, insecure } = state.options
  if (keys.length > 0 || !insecure) return { state, effects }
  const line = 'beacons are not authenticated (cluster.insecure)'
  return { state, effects: [...effects, { type: 'log', level: 'info', line }] }
}

/** The next beat says what others have to know of it; but by another address this node is another one until it has said who it is. */
function withOptions({ state, effects }: Progress, options: DiscoveryOptions, nowMs: number): Progress {
  const next = { effects, state: { ...state, options } }
  if (options.managementIp === state.options.managementIp) return next
  return state.role === 'director' ? withHello(next, nowMs) : withReports(next, nowMs)
}

/** Frames go by the MACs of the beacons: another one is said at once, to all by who is director, else to the directors. */
function withMac({ state, effects }: Progress, mac: string, nowMs: number): Progress {
  if (mac === state.mac) return { state, effects }
  const moved = { effects, state: { ...state, mac } }
  return state.role === 'director' ? withHello(moved, nowMs) : withReports(moved, nowMs)
}

const isBeat = (event: DiscoveryEvent): boolean => event.type === 'timerExpired' && event.timer === 'beat'

/** Once an interval, and at once at a change of role. */
function withBeat(progress: Progress, nowMs: number): Progress {
  const { state } = progress
  const { intervalMs } = state.options
  const lateMs = nowMs - state.lastBeatMs - intervalMs
  const nodes = agedNodes(lateMs > intervalMs ? excusedNodes(state.nodes, lateMs) : state.nodes, state.options, nowMs)
  const beaten = {
    ...progress,
    state: {
      ...withNodesLeft(state, nodes),
      pastSequences: withPastSequence(state),
      beats: state.beats + 1,
      lastBeatMs: nowMs,
    },
  }
  const greeted = state.role === 'director' ? withDirectorBeat(beaten, nowMs) : beaten
  const said = withForgetsRepeated(withOrdersRepeated(withKnownNodes(greeted)))
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
  return withDeadlineTimer(
    { ...progress, state: withNodesLeft(state, agedNodes(state.nodes, state.options, nowMs)) },
    nowMs,
  )
}

function withDeadlineTimer(progress: Progress, nowMs: number): Progress {
  const { nodes, lastBeatMs, options } = progress.state
  const deadlineMs = nextDeadlineMs(nodes)
  return deadlineMs < lastBeatMs + options.intervalMs ? withTimer(progress, 'deadline', deadlineMs - nowMs) : progress
}

/** What one elector says. Where it changes what this node leads, all are told at once. */
function withRole({ state, effects }: Progress, message: RoleMessage, nowMs: number): Progress {
  const roles = new Map(state.roles).set(message.instance, message)
  const { role } = foldRoles(roles)
  const promoted = role === 'director' && state.role !== 'director'
  const isSameMaster = state.roles.get(message.instance)?.masterAddress === message.masterAddress
  const sinceMs = isSameMaster ? state.masterSinceMs.get(message.instance) : undefined
  const elected: DiscoveryState = {
    ...withNodesLeft(state, promoted ? promotedNodes(state, nowMs) : state.nodes),
    roles,
    masterSinceMs: new Map(state.masterSinceMs).set(message.instance, sinceMs ?? nowMs),
    role,
    companySinceMs: role === 'director' ? state.companySinceMs : null,
    ledSinceMs: ledSince({ ...state, roles }, nowMs),
    assignmentWanted: state.assignmentWanted || promoted,
  }
  const directors = directorAddresses(elected, nowMs)
  const former = [...directorAddresses(state, nowMs)].filter((address) => !directors.has(address))
  const nodes =
    role === 'director' ? suspectedNodes(elected, new Set(former), nowMs, message.afterSilence === true) : elected.nodes
  const left = withNodesLeft(elected, nodes)
  const leadsMore = [...elected.ledSinceMs.keys()].some((router) => !state.ledSinceMs.has(router))
  const inherited = leadsMore ? inheritedTraffic(state, left, nowMs) : left.inherited
  const greeted = withGreeting(
    { state: { ...left, inherited }, effects },
    message,
    state.roles.get(message.instance),
    nowMs,
  )
  const changed = role !== state.role || `${[...elected.ledSinceMs.keys()]}` !== `${[...state.ledSinceMs.keys()]}`
  return changed ? withBeat(greeted, nowMs) : greeted
}

/** A new director need not wait for our answer to its hello, if it is one that we know. */
function withGreeting(
  progress: Progress,
  { role, masterAddress }: RoleMessage,
  before: RoleMessage | undefined,
  nowMs: number,
): Progress {
  const isNew = role !== 'director' && masterAddress !== null && masterAddress !== before?.masterAddress
  return isNew && progress.state.nodes.has(masterAddress) ? withReport(progress, masterAddress, nowMs) : progress
}

function withServing({ state, effects }: Progress, { serving, mayLead }: ServingMessage, nowMs: number): Progress {
  const next = { ...state, serving, mayLead }
  const told = mayLead && !state.mayLead ? caughtUp(next, state.options.electors) : []
  const progress = { effects: [...effects, ...told], state: next }
  return serving === state.serving ? progress : withReports(progress, nowMs)
}

function withReplica(progress: Progress, nowMs: number): Progress {
  const { assignment } = progress.state
  if (assignment === null || isAssigner(progress.state, nowMs)) return progress
  const message = { type: 'replica', assignment } as const
  return { ...progress, effects: [...progress.effects, { type: 'send', to: 'dispatcher', message }] }
}

function withWarningLogs({ state, effects }: Progress, nowMs: number): Progress {
  const warnings = warningsOf(state, nowMs)
  const told = new Set(textsOf(state.warnings))
  const fresh = textsOf(warnings).filter((text) => !told.has(text))
  const logs = fresh.map((line): DiscoveryEffect => ({ type: 'log', level: 'warn', line }))
  return { state: { ...state, warnings }, effects: [...effects, ...logs] }
}

const signatureOf = (members: readonly Member[], macs: readonly NodeMac[]) =>
  [
    ...members.map(({ address, health, director, maint }) => `${address} ${health} ${director} ${maint}`),
    ...macs.map(({ address, mac, left, gone }) => `${address} ${mac} ${left} ${gone}`),
  ].join()

/** What the control's `describe()` answers. `wallMs`: what `nowMs` is by the calendar. */
export function describeDiscovery(state: DiscoveryState, nowMs: number, wallMs: number): DiscoveryStatus {
  const { counters, nodes, sessions } = state
  return {
    members: memberStatuses(state, nowMs, wallMs),
    counters: { ...counters, nodesKnown: nodes.size, sendersHeard: sessions.size },
    warnings: [...warningsOf(state, nowMs), ...absenceWarnings(state, nowMs, wallMs)],
    strangers: textsOf(strangeDirectors(state, nowMs)),
  }
}

/** As it is run, and replayed. */
export const discoveryMachine = { machine: 'discovery', step, label: (state: DiscoveryState): string => state.role }
