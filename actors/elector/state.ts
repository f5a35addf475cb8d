import { emptyHistogram } from '../../runtime/actor-system/inspection/histogram.ts'
import type {
  CancelTimer,
  SendTo,
  StartTimer,
  TellHappening,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import type { AnnouncerOrder } from '../announcer/messages.ts'
import type { DiscoveryMessage } from '../discovery/messages.ts'
import type { DispatcherMessage } from '../dispatcher/messages.ts'
import type { TimelineHappening } from '../inspector/messages.ts'
import type { InstanceStateMessage } from '../notifier/messages.ts'
import type { RawIpMessage, SendMessage } from '../raw-ip/messages.ts'
import { advertPayload, destinationsOf } from './adverts/advert.ts'
import { type Neighbours, noNeighbours } from './adverts/neighbours.ts'
import type { Notices } from './adverts/notices.ts'
import type { DiscardReason } from './adverts/reception.ts'
import type { ElectorMessage, HandOver, RoleMessage, Timings, TrackMessage, TrackSource } from './messages.ts'
import type { ElectorOptions } from './options.ts'

export type ElectorPeers = {
  readonly 'raw-ip': RawIpMessage
  readonly announcer: AnnouncerOrder
  readonly discovery: DiscoveryMessage
  readonly dispatcher: DispatcherMessage
  readonly forwarder: RoleMessage
  readonly 'fast-path': RoleMessage
  readonly watcher: RoleMessage
  readonly notifier: InstanceStateMessage
}

/** `masterDown` runs in BACKUP and FAULT only, `advert` in MASTER only: who leaves a phase cancels or restarts it (rule 21). */
export type ElectorTimer = 'masterDown' | 'advert'

export type ElectorEvent =
  | { readonly type: 'start' }
  | ElectorMessage
  | TimerExpired<ElectorTimer>
  /**
   * All adverts that had arrived when `drain` was asked for have been given to the machine. With `confirm`: there was none, and ours of
   * that number have been sent.
   */
  | { readonly type: 'drained'; readonly number: number; readonly confirm?: number }
  /** The raw-IP actor is down or stands still: nobody knows what has arrived. */
  | { readonly type: 'drainFailed'; readonly number: number }
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
  | TellHappening<TimelineHappening>
  | SendTo<ElectorPeers>
  /**
   * Have the raw-IP actor deliver what has arrived, or does until `untilMs`, then report `drained` or `drainFailed` with the same
   * number. Where nothing has arrived, these adverts are sent at once: between threads, asking and sending one after the other takes a millisecond.
   */
  | {
      readonly type: 'drain'
      readonly number: number
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

/** What was last said of each source; nothing yet counts as well. */
export type Tracking = Readonly<Partial<Record<TrackSource, Omit<TrackMessage, 'type' | 'source'>>>>

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
  /** When the master is taken to be down; the timer may run a little shorter. */
  readonly masterDownAtMs: number
  /** The master-down timer has expired, and the `drained` of that number is awaited; null while the timer runs. */
  readonly draining: number | null
  readonly master: Master | null
  /** Since when there is silence, and whose: of the master that was heard last; null: of everybody. */
  readonly silence: { readonly address: string | null; readonly sinceMs: number }
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
}

export interface Active {
  readonly label: 'MASTER'
  /** When the advert timer is due: the next one is counted from here, so that the interval does not drift. */
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
  readonly nextDrain: number
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
  /** When this phase began; null: none has. */
  readonly phaseSinceMs: number | null
  /** When this node decided to lead; null: its announcer has put the addresses since, or it does not. */
  readonly takingOverSinceMs: number | null
  readonly timings: Timings
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
    nextDrain: 1,
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
    phaseSinceMs: null,
    takingOverSinceMs: null,
    timings: { takeover: emptyHistogram, advertLateness: emptyHistogram },
  }
}

/** INIT, BACKUP, MASTER or FAULT. */
export const labelOf = ({ phase }: ElectorState): Phase['label'] => phase.label

/** What the rest of the node is told. A master is director from the moment its first advert has left. */
export function roleOf({ phase, options }: ElectorState): RoleMessage {
  const identity = { instance: options.instance, virtualIps: options.virtualIps }
  if (phase.label === 'MASTER' && phase.holding) {
    const { primaryAddress: masterAddress, priority: masterPriority } = options
    const silence = phase.succeeds ? {} : { afterSilence: true as const }
    return { type: 'role', ...identity, role: 'director', masterAddress, masterPriority, ...silence }
  }
  const role = phase.label === 'INIT' ? 'initializing' : 'scanning'
  const master = phase.label === 'BACKUP' || phase.label === 'FAULT' ? phase.master : null
  const heard = { masterAddress: master?.address ?? null, masterPriority: master?.priority ?? null }
  return { type: 'role', ...identity, role, ...heard }
}
