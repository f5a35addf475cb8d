/**
 * Watches the proxy ports *as a whole*: a node of which one proxy does not listen gets no traffic at all.
 *
 *     start --> read --listeners--> compare --changed--> log, tell discovery and the electors
 *                ^        |                     |
 *                |    unreadable (3 in a row = failure)
 *                '------- timer `poll` <--------'
 */
import type { Listener } from '../../runtime/ports/socket-table.ts'
import type { CancelTimer, SendTo, StartTimer, Step, TimerExpired, WriteLog } from '../../runtime/system/machine.ts'
import type { PortMonitorPeers, PortMonitorStatus, PortState } from './messages.ts'
import { checkPorts, describeProblems } from './port-check.ts'

/** A read that fails once or twice (memory, a table that changes too fast) must not take a node out. */
const TOLERATED_FAILURES = 2

type Elector = `elector${string}`

export interface PortMonitorState {
  readonly proxyPorts: readonly number[]
  readonly pollMs: number
  readonly generation: number
  /** While it is down nothing is sent to it; when it is up again it is told the state. */
  readonly discoveryUp: boolean
  readonly electorsUp: readonly Elector[]
  /** `unknown` until the first read, or the third that failed. */
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
  | { readonly type: 'electorUp' | 'electorDown'; readonly elector: Elector }
  /** Other ports are to be watched from now on. */
  | { readonly type: 'configured'; readonly proxyPorts: readonly number[] }
  | { readonly type: 'stopped' }
  | TimerExpired<'poll'>

export type PortMonitorEffect =
  /** Ask the kernel: comes back as `listeners` or `unreadable`. */
  { readonly type: 'read' } | StartTimer<'poll'> | CancelTimer<'poll'> | SendTo<PortMonitorPeers> | WriteLog

type PortMonitorStep = Step<PortMonitorState, PortMonitorEffect>

export function initialPortMonitor(proxyPorts: readonly number[], pollMs: number): PortMonitorState {
  const ports = proxyPorts.map((port) => ({ port, listening: false, problem: 'was not checked yet' }))
  return {
    proxyPorts,
    pollMs,
    generation: 0,
    discoveryUp: false,
    electorsUp: [],
    health: 'unknown',
    ports,
    problem: null,
    failedReads: 0,
    readError: null,
  }
}

export function stepPortMonitor(state: PortMonitorState, event: PortMonitorEvent): PortMonitorStep {
  switch (event.type) {
    case 'started':
      return { state, effects: [{ type: 'read' }] }
    case 'timerExpired':
      return { state, effects: event.generation === state.generation ? [{ type: 'read' }] : [] }
    case 'listeners':
      return readEnded(compared(state, checkPorts(state.proxyPorts, event.listeners)))
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
        state: {
          ...state,
          electorsUp: [...state.electorsUp.filter((elector) => elector !== event.elector), event.elector],
        },
        effects: state.health === 'unknown' ? [] : [tellElector(event.elector, state.problem)],
      }
    case 'electorDown':
      return {
        state: { ...state, electorsUp: state.electorsUp.filter((elector) => elector !== event.elector) },
        effects: [],
      }
    case 'configured':
      // What was found of the old ones stands until the new ones have been looked at, which is at once.
      return { state: { ...state, proxyPorts: event.proxyPorts }, effects: [{ type: 'read' }] }
    case 'stopped':
      return { state, effects: [{ type: 'cancelTimer', timer: 'poll' }] }
    default:
      return event satisfies never
  }
}

/** `describe()`: before the first read a node is not yet good for traffic. */
export function describePortMonitor(state: PortMonitorState): PortMonitorStatus {
  const warnings = state.readError === null ? [] : [`the listening ports cannot be read: ${state.readError}`]
  return { state: state.health === 'ok' ? 'ok' : 'failure', ports: state.ports, warnings }
}

function compared(state: PortMonitorState, ports: readonly PortState[]): PortMonitorStep {
  const read = { ...state, failedReads: 0, readError: null }
  return settled(read, ports, describeProblems(ports) ?? null)
}

function readFailed(state: PortMonitorState, reason: string): PortMonitorStep {
  const failed = { ...state, failedReads: state.failedReads + 1, readError: reason }
  if (failed.failedReads <= TOLERATED_FAILURES) return { state: failed, effects: [] }
  const ports = state.proxyPorts.map((port) => ({ port, listening: false, problem: `cannot be checked: ${reason}` }))
  return settled(failed, ports, `the listening ports cannot be read: ${reason}`)
}

/** Logs what changed for people, and tells discovery and the electors what changed for the group. */
function settled(state: PortMonitorState, ports: readonly PortState[], problem: string | null): PortMonitorStep {
  const health = problem === null ? 'ok' : 'failure'
  const failedPorts = failedPortsOf(ports)
  const isNews = health !== state.health || `${failedPorts}` !== `${failedPortsOf(state.ports)}`
  const effects: PortMonitorEffect[] = []
  if (health !== state.health || problem !== state.problem) effects.push(logState(problem))
  if (isNews && state.discoveryUp) effects.push(tellDiscovery(health, failedPorts))
  if (health !== state.health) effects.push(...state.electorsUp.map((elector) => tellElector(elector, problem)))
  return { state: { ...state, ports, health, problem }, effects }
}

function logState(problem: string | null): WriteLog {
  return problem === null
    ? { type: 'log', level: 'info', line: 'monitor: current state: ok' }
    : { type: 'log', level: 'warn', line: `monitor: current state: failure (${problem})` }
}

const failedPortsOf = (ports: readonly PortState[]): readonly number[] =>
  ports.filter(({ problem }) => problem !== null).map(({ port }) => port)

function tellDiscovery(state: 'ok' | 'failure', failedPorts: readonly number[]): SendTo<PortMonitorPeers> {
  return { type: 'send', to: 'discovery', message: { type: 'monitor', state, failedPorts } }
}

function tellElector(to: Elector, problem: string | null): SendTo<PortMonitorPeers> {
  const state = problem === null ? 'ok' : 'failed'
  return { type: 'send', to, message: { type: 'track', source: 'portMonitor', state, reason: problem } }
}

function readEnded({ state, effects }: PortMonitorStep): PortMonitorStep {
  const generation = state.generation + 1
  const poll: PortMonitorEffect = { type: 'startTimer', timer: 'poll', generation, delayMs: state.pollMs }
  return { state: { ...state, generation }, effects: [...effects, poll] }
}
