import type {
  CancelTimer,
  SendTo,
  StartTimer,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import type { VrrpChecksum, VrrpVersion } from '../../runtime/wire/vrrp.ts'
import type { AnnouncerOrder } from '../announcer/messages.ts'
import type { DiscoveryMessage } from '../discovery/messages.ts'
import type { DispatcherMessage } from '../dispatcher/messages.ts'
import type { RawIpMessage, SendMessage } from '../raw-ip/messages.ts'
import { advertPayload, destinationsOf } from './adverts/advert.ts'
import { describeNeighbours, type Neighbours, noNeighbours } from './adverts/neighbours.ts'
import { currentWarnings, type Notices } from './adverts/notices.ts'
import type { DiscardReason } from './adverts/reception.ts'
import type { ElectorMessage, ElectorStatus, HandOver, RoleMessage } from './messages.ts'
import { holdOffLeftMs } from './phases/hold-off.ts'
import { describeTracking, type Tracking, type TrackOptions, trackingWarnings } from './tracking.ts'

export type ElectorPeers = {
  readonly 'raw-ip': RawIpMessage
  readonly announcer: AnnouncerOrder
  readonly discovery: DiscoveryMessage
  readonly dispatcher: DispatcherMessage
  readonly forwarder: RoleMessage
  readonly 'fast-path': RoleMessage
  readonly watcher: RoleMessage
}

/** One virtual router as configured; the ranges are the wire's. */
export interface ElectorOptions {
  /** Name of the instance. */
  readonly instance: string
  /** 1..255. */
  readonly virtualRouterId: number
  /** 1..255; 255 = the owner of the addresses. Never 0: that is how a master resigns. */
  readonly priority: number
  /** What a failure of each source does to it. */
  readonly track: TrackOptions
  readonly version: VrrpVersion
  /** Centiseconds: v2 100..25,500 in whole seconds, v3 1..4095. */
  readonly advertIntervalCs: number
  /** Whether a higher priority takes over from a lower one that is alive. The owner always does. */
  readonly preempt: boolean
  /** For how long a living master of lower priority is left alone before it is preempted. */
  readonly preemptDelayMs: number
  /** For how long after the start a living master of lower priority is left alone at most, until its table is here. */
  readonly holdOffMs: number
  /** Version 3: the longest interval of a master that is gone by, in centiseconds; silence of three of it is the most that a forged one costs. */
  readonly longestLearnedCs: number
  /** Adverts with other virtual IPs than ours are discarded, instead of told. */
  readonly strict: boolean
  /**
   * Monotonic. Until then the process is too busy with its own start to keep adverts below a second on time: it neither
   * preempts nor takes silence for the absence of a master, unless that was heard before.
   */
  readonly settledAtMs: number
  /**
   * This node's own address on the interface, for IPv6 its link-local one: what adverts leave from, never a virtual one. Its
   * family is that of the virtual router.
   */
  readonly primaryAddress: string
  /** Of the subnet of an IPv4 `primaryAddress`, whose routers alone are heard; missing: it is not known. */
  readonly prefixLength?: number
  /** Without prefix, 1..255 of them, all of the family of `primaryAddress`. */
  readonly virtualIps: readonly string[]
  readonly checksum: VrrpChecksum
  /** The other routers of the group, which then speak to each other by unicast; empty = by multicast, as VRRP has it. */
  readonly unicastPeers: readonly string[]
  /** Who forwards on this node, and so must know its role; the forwarders unless told otherwise. */
  readonly forwardedBy?: 'forwarder' | 'fast-path'
  /** So much before silence has lasted long enough, threads are woken that then act on it at once; 0 where it is missing. */
  readonly lookAheadMs?: number
  /**
   * What this node's own way adds to a silence at the least: the last advert is read a little after it came, and the first of
   * its own leaves a little after it was meant to. So much earlier the silence has lasted long enough here; 0 where it is missing.
   */
  readonly ownDelayMs?: number
}

/** `masterDown` runs in BACKUP only, `advert` in MASTER only. */
export type ElectorTimer = 'masterDown' | 'advert'

export type ElectorEvent =
  | { readonly type: 'start' }
  | ElectorMessage
  | TimerExpired<ElectorTimer>
  /**
   * All adverts that had arrived when `drain` was asked for have been given to the machine. With `confirm`: there was none, and ours of
   * that number have been sent.
   */
  | { readonly type: 'drained'; readonly generation: number; readonly confirm?: number }
  /** The raw-IP actor is down or stands still: nobody knows what has arrived. */
  | { readonly type: 'drainFailed'; readonly generation: number }
  | { readonly type: 'peerUp'; readonly peer: keyof ElectorPeers }
  | { readonly type: 'stepDown' }
  /** The operator wants it otherwise from now on. What makes it another virtual router stays as it was: VRID, version, interval. */
  | { readonly type: 'configured'; readonly options: ElectorOptions }
  /** An ordered stop: hands over first where there is something to hand over, and then reports `retired`. */
  | { readonly type: 'retire' }
  | { readonly type: 'shutdown' }

export type ElectorEffect =
  | StartTimer<ElectorTimer>
  | CancelTimer<ElectorTimer>
  | WriteLog
  | SendTo<ElectorPeers>
  /**
   * Have the raw-IP actor deliver what has arrived, or does until `untilMs`, then report `drained` or `drainFailed` with the same
   * generation. Where nothing has arrived, these adverts are sent at once: between threads, asking and sending one after the other takes a millisecond.
   */
  | {
      readonly type: 'drain'
      readonly generation: number
      readonly untilMs: number
      readonly confirm: number
      readonly adverts: readonly SendMessage[]
    }
  /** What `retire` asked for is done: INIT. */
  | { readonly type: 'retired' }

export type Counter =
  | 'advertsSent'
  | 'advertsReceived'
  | 'priorityZeroSent'
  | 'priorityZeroReceived'
  | 'losingAdvertsReceived'
  | 'sendsFailed'
  | 'leaseExpiries'
  | 'holdsFailed'
  | `discarded.${DiscardReason}`

/** Who was last heard as the master of our virtual router. */
export interface Master {
  readonly address: string
  readonly priority: number
}

interface Initialize {
  readonly label: 'INIT'
}

export interface Backup {
  readonly label: 'BACKUP'
  /** Generation of the timer that runs; null while `draining`. */
  readonly masterDown: number | null
  /** When the master is taken to be down; the timer may run a little shorter. */
  readonly masterDownAtMs: number
  /** Generation of the master-down timer that has expired and awaits `drained`. */
  readonly draining: number | null
  readonly master: Master | null
  /** Active_Adver_Interval: in version 3 as learned from the master, ms. */
  readonly masterIntervalMs: number
  /** From when on a lower priority is preempted; null while none has been heard. */
  readonly preemptAtMs: number | null
  /** Stepped down on purpose: leaves also a lower priority alone, until the master falls silent. */
  readonly yielding: boolean
  /** "forcing a new MASTER election" was logged. */
  readonly contesting: boolean
  /** When an advert of lower priority was discarded last, for which we need not wait; null = none, or it has resigned. */
  readonly lowerHeardAtMs: number | null
  /** The master has resigned since it was heard last: it serves clients until it hears who follows. */
  readonly resigned: boolean
  /** The master-down timer has expired once, and nothing but the hold-off is waited for. */
  readonly heldOff: boolean
}

/** Something that this node needs has failed: it takes no part until that is over. */
export interface Fault {
  readonly label: 'FAULT'
  /** Who is heard, for the rest of the node. */
  readonly master: Master | null
  /** Generation of the timer after which that is forgotten; null while there is none. */
  readonly masterDown: number | null
}

export interface Active {
  readonly label: 'MASTER'
  /** Generation of the timer that runs. */
  readonly advertTimer: number
  /** When it is due: the next one is counted from here, so that the interval does not drift. */
  readonly advertDueMs: number
  /** Until when nobody else can have taken over, as far as adverts have been seen to leave. */
  readonly leaseUntilMs: number
  /** An advert has been seen to leave and the announcer was told to hold the addresses. */
  readonly holding: boolean
  /** A director that lives gives way to this one. */
  readonly succeeds: boolean
  /** Confirmations below this belong to an earlier time as master. */
  readonly firstConfirm: number
  /** When gratuitous ARP was last asked for again. */
  readonly announcedAtMs: number
  /** When an advert that was heard was last answered by one; -Infinity: none was. */
  readonly answeredAtMs: number
  /** Since when the addresses are to be handed over; null while they are not. */
  readonly steppingDownSinceMs: number | null
}

export type Phase = Initialize | Backup | Active | Fault

export interface ElectorState {
  /** `priority` is the effective one: what tracking leaves of the configured one. */
  readonly options: ElectorOptions
  readonly configuredPriority: number
  readonly tracking: Tracking
  readonly phase: Phase
  readonly nextGeneration: number
  readonly nextConfirm: number
  /** Nothing was held by this incarnation yet: what the announcer releases is an earlier one's. */
  readonly mayInherit: boolean
  readonly transitions: number
  /** When this start's hold-off ends at the latest; null once it is over. */
  readonly holdOffUntilMs: number | null
  readonly counters: Readonly<Partial<Record<Counter, number>>>
  readonly notices: Notices
  /** To say so to the master that this node gave way to, once the addresses are gone. */
  readonly takesLeave: boolean
  /** To go to INIT as soon as no hand-over is under way. */
  readonly retiring: boolean
  readonly neighbours: Neighbours
  /** Who was logged as director last, and when; null: nobody yet. */
  readonly leaderTold: { readonly address: string; readonly atMs: number } | null
  /** How the last one went that was asked for. */
  readonly handOver: HandOver | null
}

/** The state before `start`. Throws a RangeError for options that no advert can carry: not only at the first takeover. */
export function initialElector(options: ElectorOptions): ElectorState {
  if (options.priority === 0) throw new RangeError('priority must be in 1..255: 0 is how a master resigns (rule 20)')
  for (const destination of destinationsOf(options)) advertPayload(options, options.priority, destination)
  return {
    options,
    configuredPriority: options.priority,
    tracking: {},
    phase: { label: 'INIT' },
    nextGeneration: 1,
    nextConfirm: 1,
    mayInherit: true,
    transitions: 0,
    holdOffUntilMs: null,
    counters: {},
    notices: [],
    takesLeave: false,
    retiring: false,
    neighbours: noNeighbours,
    leaderTold: null,
    handOver: null,
  }
}

/** INIT, BACKUP, MASTER or FAULT. */
export const labelOf = ({ phase }: ElectorState): Phase['label'] => phase.label

/** What the rest of the node is told. A master is director from the moment its first advert has left. */
export function roleOf({ phase, options }: ElectorState): RoleMessage {
  const identity = { instance: options.instance, virtualIps: options.virtualIps }
  if (phase.label === 'MASTER' && phase.holding) {
    const { primaryAddress: masterAddress, priority: masterPriority } = options
    return { type: 'role', ...identity, role: 'director', masterAddress, masterPriority }
  }
  const role = phase.label === 'INIT' ? 'initializing' : 'scanning'
  const master = phase.label === 'BACKUP' || phase.label === 'FAULT' ? phase.master : null
  const heard = { masterAddress: master?.address ?? null, masterPriority: master?.priority ?? null }
  return { type: 'role', ...identity, role, ...heard }
}

/** The answer to `describe()`. */
export function describeElector(state: ElectorState, nowMs: number): ElectorStatus {
  const { options, phase, transitions, counters, notices, neighbours, handOver } = state
  const { role, masterAddress, masterPriority } = roleOf(state)
  const tracking = describeTracking(options.track, state.tracking)
  const everyMs = options.advertIntervalCs * 10
  const warnings = [...currentWarnings(notices, nowMs, everyMs), ...trackingWarnings(tracking, options.priority)]
  if (phase.label === 'BACKUP' && phase.yielding) {
    warnings.push('stepped down: takes over again only when the present director falls silent or steps down itself')
  }
  return {
    role,
    state: phase.label,
    version: options.version,
    virtualRouterId: options.virtualRouterId,
    priority: state.configuredPriority,
    effectivePriority: options.priority,
    tracking,
    advertIntervalMs: everyMs,
    masterIp: masterAddress,
    masterPriority,
    transitions,
    yielding: phase.label === 'BACKUP' && phase.yielding,
    holdOffMs: phase.label === 'BACKUP' ? holdOffLeftMs(phase, state.holdOffUntilMs, nowMs) : null,
    handOver,
    ...describeNeighbours(neighbours, nowMs, everyMs),
    counters,
    warnings,
  }
}
