/**
 * Watches the proxy ports *as a whole*: a node of which one proxy does not listen, or does not pass its check, gets no traffic
 * at all; with `perPort` it is out where none works.
 *
 *     start --> read --listeners--> compare --changed--> log, tell discovery and the electors
 *                ^        |                     |   ^
 *                |    unreadable (3 in a row = failure)
 *                '------- timer `poll` <--------'   |
 *     start --> probe --answered--------------------+
 *                ^                                  |
 *                '------- timer `check<n>` <--------'
 */

import { isDeepStrictEqual } from 'node:util'
import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type {
  CancelTimer,
  SendTo,
  StartTimer,
  Step,
  TellHappening,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import type { Probe } from '../../runtime/ports/sockets/proxy-probe.ts'
import type { Listener } from '../../runtime/ports/sockets/socket-table.ts'
import type { MonitorMessage } from '../discovery/messages.ts'
import type { ElectorName, TrackMessage } from '../elector/messages.ts'
import type { TimelineHappening } from '../inspector/messages.ts'
import { type Damped, type DampingRules, damped } from './damping.ts'
import {
  allAnswered,
  type CheckedSoFar,
  type DeepCheck,
  notChecked,
  problemByChecks,
  withAnswer,
} from './deep-checks.ts'
import { type ElectorChange, electorsAfter } from './electors-up.ts'
import type { PortMonitorStatus, PortState } from './messages.ts'
import { checkPorts, describeProblems } from './port-check.ts'

/** Discovery, for the group; each elector, whose priority may depend on it. */
export type PortMonitorPeers = {
  readonly discovery: MonitorMessage
  readonly [elector: ElectorName]: TrackMessage
}

/** A read that fails once or twice (memory, a table that changes too fast) must not take a node out. */
const TOLERATED_FAILURES = 2

type MonitorTimer = 'poll' | `check${number}`

/** What is watched, and how. */
export interface PortMonitorRules extends DampingRules {
  readonly proxyPorts: readonly number[]
  readonly pollMs: number
  readonly checks: readonly DeepCheck[]
  /** A node of which some proxies work takes part. */
  readonly perPort: boolean
}

export interface PortMonitorState {
  readonly rules: PortMonitorRules
  /** What the last read found; undefined before the first, and where ports cannot be read. */
  readonly listening: readonly PortState[] | undefined
  /** Whether each port listens, as it is believed. */
  readonly believed: ReadonlyMap<number, Damped>
  readonly checks: readonly CheckedSoFar[]
  /** Answers to questions of an earlier one are ignored. */
  readonly checksGeneration: number
  /** While it is down nothing is sent to it; when it is up again it is told the state. */
  readonly discoveryUp: boolean
  readonly electorsUp: readonly ElectorName[]
  /** `unknown` until the first read, or the third that failed, and the first answer to each check. */
  readonly health: 'unknown' | 'ok' | 'failure'
  readonly ports: readonly PortState[]
  /** What is wrong, as it was logged; null when nothing is. */
  readonly problem: string | null
  /** Reads that failed in a row, and why the last one did. */
  readonly failedReads: number
  readonly readError: string | null
}

export type PortMonitorEvent =
  | { readonly type: 'started' }
  | { readonly type: 'listeners'; readonly listeners: readonly Listener[] }
  | { readonly type: 'unreadable'; readonly reason: string }
  | { readonly type: 'discoveryUp' }
  | { readonly type: 'discoveryDown' }
  | ElectorChange
  /** Other ports are to be watched from now on. */
  | { readonly type: 'configured'; readonly rules: PortMonitorRules }
  /** A probe has ended; `problem` null: as it should. */
  | { readonly type: 'probed'; readonly index: number; readonly generation: number; readonly problem: string | null }
  | { readonly type: 'stopped' }
  | TimerExpired<MonitorTimer>

export type PortMonitorEffect =
  /** Ask the kernel: comes back as `listeners` or `unreadable`. */
  | { readonly type: 'read' }
  /** Ask the proxy of that check: comes back as `probed` with the same index and generation. */
  | { readonly type: 'probe'; readonly index: number; readonly generation: number; readonly probe: Probe }
  | StartTimer<MonitorTimer>
  | CancelTimer<MonitorTimer>
  | SendTo<PortMonitorPeers>
  | WriteLog
  | TellHappening<TimelineHappening>

type PortMonitorStep = Step<PortMonitorState, PortMonitorEffect>

export function initialPortMonitor(rules: PortMonitorRules): PortMonitorState {
  return {
    rules,
    listening: undefined,
    believed: new Map(),
    checks: notChecked(rules.checks),
    checksGeneration: 0,
    discoveryUp: false,
    electorsUp: [],
    health: 'unknown',
    ports: rules.proxyPorts.map((port) => ({ port, listening: false, problem: 'was not checked yet' })),
    problem: null,
    failedReads: 0,
    readError: null,
  }
}

export function stepPortMonitor(state: PortMonitorState, event: PortMonitorEvent): PortMonitorStep {
  switch (event.type) {
    case 'started':
      return { state, effects: [{ type: 'read' }, ...probes(state)] }
    case 'timerExpired':
      return { state, effects: expired(state, event.timer) }
    case 'probed':
      return probed(state, event)
    case 'listeners':
      return readEnded(compared(state, event.listeners))
    case 'unreadable':
      return readEnded(readFailed(state, event.reason))
    case 'discoveryUp':
      return {
        state: { ...state, discoveryUp: true },
        effects: state.health === 'unknown' ? [] : [tellDiscovery(state.health, failedPortsOf(state.ports))],
      }
    case 'discoveryDown':
      return { state: { ...state, discoveryUp: false }, effects: [] }
    case 'electorUp':
      return {
        state: { ...state, electorsUp: electorsAfter(state.electorsUp, event) },
        effects: state.health === 'unknown' ? [] : [tellElector(event.elector, state.health, state.problem)],
      }
    case 'electorDown':
      return { state: { ...state, electorsUp: electorsAfter(state.electorsUp, event) }, effects: [] }
    case 'configured':
      return configured(state, event.rules)
    case 'stopped':
      return { state, effects: [{ type: 'cancelTimer', timer: 'poll' }, ...cancelledProbes(state)] }
    default:
      return event satisfies never
  }
}

/** `describe()`: before the first read a node is not yet good for traffic. */
export function describePortMonitor(state: PortMonitorState): Omit<PortMonitorStatus, 'checks'> {
  const unread =
    state.readError === null
      ? []
      : [warning('ports-unreadable', null, `the listening ports cannot be read: ${state.readError}`)]
  const partial =
    state.health === 'ok' && state.problem !== null
      ? [warning('port-failed', null, `${state.problem}: others serve that`)]
      : []
  const warnings = [...unread, ...partial]
  return { state: state.health === 'ok' ? 'ok' : 'failure', ports: state.ports, warnings }
}

function compared(state: PortMonitorState, listeners: readonly Listener[]): PortMonitorStep {
  const { rules } = state
  const listening = checkPorts(rules.proxyPorts, listeners)
  const believed = new Map(
    listening.map(({ port, problem }) => [port, damped(state.believed.get(port), problem, rules)]),
  )
  return settled({ ...state, listening, believed, failedReads: 0, readError: null })
}

function readFailed(state: PortMonitorState, reason: string): PortMonitorStep {
  const failed = { ...state, failedReads: state.failedReads + 1, readError: reason }
  if (failed.failedReads <= TOLERATED_FAILURES) return { state: failed, effects: [] }
  const problem = `cannot be checked: ${reason}`
  const ports = state.rules.proxyPorts.map((port) => ({ port, listening: false, problem }))
  // The next read that succeeds is as good as the first.
  const blind = { ...failed, listening: undefined, believed: new Map() }
  return judged(blind, ports, `the listening ports cannot be read: ${reason}`)
}

/** What all that was found so far comes to. Until everything was looked at once, nothing is said of the node. */
function settled(state: PortMonitorState): PortMonitorStep {
  const { listening, believed, checks } = state
  if (listening === undefined || !allAnswered(checks)) return { state, effects: [] }
  const ports = listening.map(({ port, listening }) => {
    return { port, listening, problem: believed.get(port)?.problem ?? problemByChecks(checks, port) }
  })
  return judged(state, ports, describeProblems(ports) ?? null)
}

/** Logs what changed for people, and tells discovery and the electors what changed for the group. */
function judged(state: PortMonitorState, ports: readonly PortState[], problem: string | null): PortMonitorStep {
  const isOut = state.rules.perPort ? ports.every((port) => port.problem !== null) : problem !== null
  const health = isOut ? 'failure' : 'ok'
  const failedPorts = failedPortsOf(ports)
  const isNews = health !== state.health || `${failedPorts}` !== `${failedPortsOf(state.ports)}`
  const effects: PortMonitorEffect[] = []
  if (health !== state.health || problem !== state.problem) {
    effects.push(logState(health, problem), ...happenings(state.health, health, problem))
  }
  if (isNews && state.discoveryUp) effects.push(tellDiscovery(health, failedPorts))
  if (health !== state.health) effects.push(...state.electorsUp.map((elector) => tellElector(elector, health, problem)))
  return { state: { ...state, ports, health, problem }, effects }
}

function logState(health: 'ok' | 'failure', problem: string | null): WriteLog {
  const reason = problem === null ? '' : ` (${problem})`
  return { type: 'log', level: problem === null ? 'info' : 'warn', line: `monitor: current state: ${health}${reason}` }
}

/** That all is well at the start is no news. Of a node of which some proxies fail the warnings tell. */
function happenings(
  before: PortMonitorState['health'],
  health: 'ok' | 'failure',
  problem: string | null,
): readonly TellHappening<TimelineHappening>[] {
  if (health === 'failure')
    return [{ type: 'happened', kind: 'nodeFailed', level: 'failure', what: `failed: ${problem}` }]
  return before === 'failure' ? [{ type: 'happened', kind: 'nodeReturned', level: 'info', what: 'serves again' }] : []
}

const failedPortsOf = (ports: readonly PortState[]): readonly number[] =>
  ports.filter(({ problem }) => problem !== null).map(({ port }) => port)

function tellDiscovery(state: 'ok' | 'failure', failedPorts: readonly number[]): SendTo<PortMonitorPeers> {
  return { type: 'send', to: 'discovery', message: { type: 'monitor', state, failedPorts } }
}

function tellElector(to: ElectorName, health: 'ok' | 'failure', problem: string | null): SendTo<PortMonitorPeers> {
  const [state, reason] = health === 'ok' ? (['ok', null] as const) : (['failed', problem] as const)
  return { type: 'send', to, message: { type: 'track', source: 'portMonitor', state, reason } }
}

function readEnded({ state, effects }: PortMonitorStep): PortMonitorStep {
  return { state, effects: [...effects, { type: 'startTimer', timer: 'poll', delayMs: state.rules.pollMs }] }
}

function probed(
  state: PortMonitorState,
  { index, generation, problem }: PortMonitorEvent & { readonly type: 'probed' },
): PortMonitorStep {
  const check = state.checks[index]
  if (check === undefined || generation !== state.checksGeneration) return { state, effects: [] }
  const answered = settled({ ...state, checks: withAnswer(state.checks, index, problem, state.rules) })
  const again: PortMonitorEffect = { type: 'startTimer', timer: `check${index}`, delayMs: check.intervalMs }
  return { ...answered, effects: [...answered.effects, again] }
}

function expired(state: PortMonitorState, timer: MonitorTimer): readonly PortMonitorEffect[] {
  return timer === 'poll' ? [{ type: 'read' }] : probes(state).filter(({ index }) => timer === `check${index}`)
}

const probes = ({ checks, checksGeneration: generation }: PortMonitorState) =>
  checks.map(({ probe }, index) => ({ type: 'probe' as const, index, generation, probe }))

const cancelledProbes = ({ checks }: PortMonitorState): readonly PortMonitorEffect[] =>
  checks.map((_, index) => ({ type: 'cancelTimer', timer: `check${index}` }))

/** What was found of the old ports stands until the new ones have been looked at, which is at once. */
function configured(state: PortMonitorState, rules: PortMonitorRules): PortMonitorStep {
  if (isDeepStrictEqual(rules.checks, state.rules.checks)) {
    return { state: { ...state, rules }, effects: [{ type: 'read' }] }
  }
  const checksGeneration = state.checksGeneration + 1
  const changed = { ...state, rules, checks: notChecked(rules.checks), checksGeneration }
  return { state: changed, effects: [...cancelledProbes(state), { type: 'read' }, ...probes(changed)] }
}

/** As it is run, and replayed. */
export const portMonitorMachine = {
  machine: 'port-monitor',
  step: stepPortMonitor,
  label: ({ health }: PortMonitorState): string => health,
}
