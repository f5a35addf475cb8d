/** Turns the kernel's counters into what a node is worth now, and tells discovery when that has changed. */

import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type {
  CancelTimer,
  SendTo,
  StartTimer,
  Step,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import type { SystemLoadSample } from '../../runtime/ports/host/system-load.ts'
import type { AgentMessage, HoldersMessage, LoadMessage, NodeLoad } from '../discovery/messages.ts'
import type { StatsReporterStatus } from './messages.ts'

export type StatsReporterPeers = { readonly discovery: LoadMessage | AgentMessage | HoldersMessage }

/** The first interval is short, so that a node that has just started is soon given its share. */
const FIRST_INTERVAL_MS = 250
/** Time constant of the moving average of the CPU share: one second's peak must not move slots about, and a busy node be known in time. */
export const CPU_SMOOTHING_MS = 1500
/** A change of a share that is worth a message to another thread. */
const NOTABLE_SHARE = 0.01

export interface StatsReporterState {
  readonly intervalMs: number
  /** The last sample and its time; null before the first. */
  readonly last: { readonly sample: SystemLoadSample; readonly atMs: number } | null
  /** Null until two samples are there. */
  readonly load: NodeLoad | null
  /** When its connections were counted last; null: never yet. */
  readonly countedAtMs: number | null
  /** As discovery was told last; null where that is down or knows nothing yet. */
  readonly told: Omit<LoadMessage, 'type'> | null
  readonly discoveryUp: boolean
  /** What could not be read at the last try, and why; null when all could be. */
  readonly failure: string | null
}

/** What the shell read. Connections are null where only they could not be counted. */
type Reading =
  | { readonly type: 'sampled'; readonly sample: SystemLoadSample; readonly connections: number | null }
  | { readonly type: 'unreadable' }

export type StatsReporterEvent =
  | { readonly type: 'started' }
  | { readonly type: 'discoveryUp' }
  | { readonly type: 'discoveryDown' }
  /** What is counted is something else from now on. */
  | { readonly type: 'countedAnew' }
  | (Reading & { readonly failure: string | null })
  | { readonly type: 'stopped' }
  | TimerExpired<'interval'>

export type StatsReporterEffect =
  /** Read the load and count the connections: comes back as `sampled` or `unreadable`. */
  { readonly type: 'sample' } | StartTimer<'interval'> | CancelTimer<'interval'> | SendTo<StatsReporterPeers> | WriteLog

type StatsReporterStep = Step<StatsReporterState, StatsReporterEffect>

export function initialStatsReporter(intervalMs: number): StatsReporterState {
  return {
    intervalMs,
    last: null,
    load: null,
    countedAtMs: null,
    told: null,
    discoveryUp: false,
    failure: null,
  }
}

export function stepStatsReporter(
  state: StatsReporterState,
  event: StatsReporterEvent,
  nowMs: number,
): StatsReporterStep {
  switch (event.type) {
    case 'started':
    case 'countedAnew':
    case 'timerExpired':
      return { state, effects: [{ type: 'sample' }] }
    case 'discoveryUp':
      return telling({ ...state, discoveryUp: true, told: null })
    case 'discoveryDown':
      return { state: { ...state, discoveryUp: false }, effects: [] }
    case 'sampled':
      return nextInterval(noteFailure(sampled(state, event.sample, event.connections, nowMs), event.failure))
    case 'unreadable':
      return nextInterval(noteFailure({ state, effects: [] }, event.failure))
    case 'stopped':
      return { state, effects: [{ type: 'cancelTimer', timer: 'interval' }] }
    default:
      return event satisfies never
  }
}

export function describeStatsReporter(state: StatsReporterState): StatsReporterStatus {
  return {
    load: state.load,
    memoryPressure: share(state.last?.sample.memoryPressure ?? null),
    warnings:
      state.failure === null
        ? []
        : [warning('load-unreadable', null, `the load of this host cannot be read: ${state.failure}`)],
  }
}

function sampled(
  state: StatsReporterState,
  sample: SystemLoadSample,
  connections: number | null,
  nowMs: number,
): StatsReporterStep {
  const { last } = state
  const countedAtMs = connections === null ? state.countedAtMs : nowMs
  const next = { ...state, countedAtMs, last: { sample, atMs: nowMs } }
  if (last === null) return { state: next, effects: [] }
  const load: NodeLoad = {
    cpu: smoothedCpu(state.load?.cpu, last.sample, sample, nowMs - last.atMs),
    memory: clamped(1 - sample.memoryAvailableBytes / sample.memoryTotalBytes),
    pressure: share(sample.cpuPressure),
    activeConnections: connections ?? state.load?.activeConnections ?? 0,
  }
  return telling({ ...next, load })
}

/** A gateway at rest has nothing to tell, second by second, but that it has counted anew: who drains waits for a count of none. */
function telling(state: StatsReporterState): StatsReporterStep {
  const { load, countedAtMs, told, discoveryUp } = state
  const isNews = told === null || countedAtMs !== told.countedAtMs || (load !== null && differs(load, told.load))
  if (load === null || !discoveryUp || !isNews) return { state, effects: [] }
  const message = { type: 'load', load, countedAtMs } as const
  return { state: { ...state, told: { load, countedAtMs } }, effects: [{ type: 'send', to: 'discovery', message }] }
}

function differs(load: NodeLoad, told: NodeLoad): boolean {
  const shares: readonly [number, number][] = [
    [load.cpu, told.cpu],
    [load.memory, told.memory],
    [load.pressure ?? -1, told.pressure ?? -1],
  ]
  const moved = shares.some(([now, before]) => Math.abs(now - before) >= NOTABLE_SHARE)
  return moved || load.activeConnections !== told.activeConnections
}

/** Moving average over time, so that samples that come late weigh more. */
function smoothedCpu(
  before: number | undefined,
  from: SystemLoadSample,
  to: SystemLoadSample,
  elapsedMs: number,
): number {
  const total = to.cpuTotal - from.cpuTotal
  // A core that went offline takes its jiffies along: no time seems to have passed, or even less than none.
  if (total <= 0) return before ?? 0
  const ofHost = clamped((to.cpuBusy - from.cpuBusy) / total)
  const busy = Math.max(ofHost, limitedShare(from.limitedCpu, to.limitedCpu))
  if (before === undefined) return busy
  const weight = 1 - Math.exp(-elapsedMs / CPU_SMOOTHING_MS)
  return before + (busy - before) * weight
}

/** What the process's cgroup used of what it may use; 0 where it is not limited, or was not at the last look. */
function limitedShare(from: SystemLoadSample['limitedCpu'], to: SystemLoadSample['limitedCpu']): number {
  return from === null || to === null ? 0 : clamped((to.busy - from.busy) / (to.total - from.total))
}

/** Percent to share. */
const share = (percent: number | null): number | null => (percent === null ? null : clamped(percent / 100))

/** 0..1; what is no number (0/0) counts as 0. */
const clamped = (value: number): number => (value > 0 ? Math.min(value, 1) : 0)

/** One line when it begins and one when it ends. */
function noteFailure({ state, effects }: StatsReporterStep, failure: string | null): StatsReporterStep {
  if ((failure === null) === (state.failure === null)) return { state: { ...state, failure }, effects }
  const log: WriteLog =
    failure === null
      ? { type: 'log', level: 'info', line: 'stats: the load of this host can be read again' }
      : { type: 'log', level: 'warn', line: `stats: the load of this host cannot be read: ${failure}` }
  return { state: { ...state, failure }, effects: [...effects, log] }
}

function nextInterval({ state, effects }: StatsReporterStep): StatsReporterStep {
  const delayMs = state.load === null ? Math.min(FIRST_INTERVAL_MS, state.intervalMs) : state.intervalMs
  return { state, effects: [...effects, { type: 'startTimer', timer: 'interval', delayMs }] }
}

/** As it is run, and replayed. */
export const statsReporterMachine = {
  machine: 'stats-reporter',
  step: stepStatsReporter,
  label: ({ failure }: StatsReporterState): string => (failure === null ? 'reading' : 'failing'),
}
