import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'
import type {
  SendTo,
  StartTimer,
  TellHappening,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import type { BeaconMark } from '../../runtime/wire/beacon/audience.ts'
import type { BeaconNode } from '../../runtime/wire/beacon/node.ts'
import type { Traffic } from '../../runtime/wire/beacon/traffic.ts'
import type { DispatcherMessage } from '../dispatcher/messages.ts'
import type { CaughtUpMessage, ElectorName, Role, RoleMessage } from '../elector/messages.ts'
import type { TimelineHappening } from '../inspector/messages.ts'
import type { NodeChangedMessage } from '../notifier/messages.ts'
import type { RawIpMessage } from '../raw-ip/messages.ts'
import type { OwnMark, Session } from './beacons/sessions.ts'
import {
  type AgentWord,
  type Assignment,
  type ClientsMessage,
  type ClientsOfMessage,
  type DiscoveryMessage,
  type DrainWish,
  type FigureSource,
  type HoldersOfMessage,
  MAINTENANCE_MS,
  type NodeLoad,
  type UpkeepMessage,
} from './messages.ts'
import type { DiscoveryOptions } from './options.ts'

export type DiscoveryPeers = {
  readonly 'raw-ip': RawIpMessage
  readonly dispatcher: DispatcherMessage
  readonly 'fast-path': ClientsOfMessage | HoldersOfMessage
  readonly 'stats-reporter': UpkeepMessage
  readonly notifier: NodeChangedMessage
  readonly [elector: ElectorName]: CaughtUpMessage
}

/** What has been so within that time is still told, and counts. */
export const RECENT_MS = 60_000

/** Who has said what is known of a node: itself, or the director. */
type HeardFrom = Exclude<FigureSource, 'self'>

/** What is known of another node. */
export interface KnownNode {
  readonly address: string
  readonly node: BeaconNode
  readonly source: HeardFrom
  /** As it is named in beacons to it; null where nobody has said. */
  readonly mark: BeaconMark | null
  /** Of the last beacon from it, or of the last that the director says it had from it. */
  readonly lastSeenMs: number
  /** Not stale before; Infinity while the director watches over it. */
  readonly aliveUntilMs: number
  readonly stale: boolean
  /** It said goodbye: its host may live on. */
  readonly left: boolean
  /** Its settings are not ours, or (as the director says) not the director's. */
  readonly settingsDiffer: boolean
  /** Its settings as it said them, where they are not ours; else null. */
  readonly settings: Readonly<Record<string, string>> | null
}

/** A node that was not heard for so long (`goneAfterMs`) that it is none of the group any more; but it is told of. */
export interface GoneNode {
  readonly address: string
  /** As it was last. */
  readonly node: BeaconNode
  readonly source: HeardFrom
  readonly lastSeenMs: number
  /** It said goodbye: nobody misses it. */
  readonly left: boolean
  /** The director knows of it; of no meaning on a director. */
  readonly told: boolean
}

/** The first and the last hello in which a director said that it leads a virtual router. */
export interface Term {
  readonly firstMs: number
  readonly lastMs: number
}

/** A node that said that it is director. */
export interface DirectorHeard {
  readonly address: string
  readonly settingsDigest: string
  /** See `DiscoveryState`. */
  readonly established: boolean
  /** By the number of the virtual router (`virtualRouterNumber`). */
  readonly terms: ReadonlyMap<number, Term>
  /** What it says that it has handed on, by node (workers mode). */
  readonly counted: ReadonlyMap<string, Traffic>
  /** Of its last hello. */
  readonly lastMs: number
}

/** Maintenance of this node, which drains as well. */
interface MaintenanceState {
  readonly timeoutMs: number
  /** What is open is reset from now on. */
  readonly due: boolean
}

/** What was said last of who is to stay with this node, and to whom. */
interface ClientsTold {
  readonly message: ClientsMessage
  readonly atMs: number
  /** Address and epoch of each. */
  readonly to: ReadonlySet<string>
}

/** Beacons that were refused for one reason, and say that they are from one sender. */
export interface RefusedBeacons {
  readonly reason: string
  readonly source: string
  /** Of the last one. */
  readonly atMs: number
  /** Without a pause as long as a warning stands. */
  readonly count: number
  /** Where that is what it was refused for, and all else is ours; else null. */
  readonly strayVirtualRouterId: number | null
}

/** A start of a node that has proved nothing so far. */
interface Claim {
  readonly firstMs: number
  readonly lastMs: number
  readonly answeredMs: number
}

/** An order that is under way to another node. */
export interface DrainOrder extends DrainWish {
  readonly beatsLeft: number
}

/** An order to miss a node no more. */
export interface Forgotten {
  /** Who was heard later is another matter. */
  readonly atMs: number
  /** With how many more beats this node says so. */
  readonly beatsLeft: number
}

export interface DiscoveryState {
  readonly options: DiscoveryOptions
  /** Of this start, or since the last renewal: 16 hexadecimal digits. */
  readonly epoch: string
  /** Where this node's interface is reached now. */
  readonly mac: string
  /** Of the last packet sent. */
  readonly sequence: number
  /** As the electors said last, by instance: VRRP's word for who is director of what. */
  readonly roles: ReadonlyMap<string, RoleMessage>
  /** Since when each names the master that it names, by instance. */
  readonly masterSinceMs: ReadonlyMap<string, number>
  /** All of them folded: director is who leads any instance. */
  readonly role: Role
  /** What this node leads, by the number of the virtual router, and since when. */
  readonly ledSinceMs: ReadonlyMap<number, number>
  /** Since when this node, as a director, has had other nodes that live; null: it is none, or is alone. */
  readonly companySinceMs: number | null
  /** Was in company for so long, as a director, that it has heard of all nodes and of other directors. */
  readonly established: boolean
  /** Null until the port monitor has spoken: before, nothing is said about this node. */
  readonly monitor: 'ok' | 'failure' | null
  /** This node's, as the port monitor said last. */
  readonly failedPorts: readonly number[]
  readonly draining: boolean
  /** This node's kernel serves what directors hand on to it; true in workers mode. */
  readonly serving: boolean
  /** By tables of its own; true in workers mode. */
  readonly mayLead: boolean
  /** Since when it drains; of no meaning where it does not. */
  readonly drainingSinceMs: number
  /** Null: it is not in maintenance. */
  readonly maint: MaintenanceState | null
  /** Under way to other nodes, by address. */
  readonly orders: ReadonlyMap<string, DrainOrder>
  /** Nodes that were forgotten by order, by address. At most 64, the oldest goes. */
  readonly forgets: ReadonlyMap<string, Forgotten>
  readonly load: NodeLoad
  /** What this node's agent says; null: it has none. */
  readonly agent: AgentWord | null
  /** When its connections were counted. */
  readonly countedAtMs: number | null
  /** Counted on this host, by address: in kernel mode of this node, in workers mode of all that its forwarders hand on to. */
  readonly counted: ReadonlyMap<string, Traffic>
  /** Workers mode: what this director answers for beside that, since it took over from another one. */
  readonly inherited: ReadonlyMap<string, Traffic>
  /** Workers mode: of all directors together, as of the last hello. */
  readonly totals: ReadonlyMap<string, Traffic>
  /** Other nodes by address; at most 63. */
  readonly nodes: ReadonlyMap<string, KnownNode>
  /** By address; at most 63 together with `nodes`. */
  readonly gone: ReadonlyMap<string, GoneNode>
  /** By address; at most 8. */
  readonly directors: ReadonlyMap<string, DirectorHeard>
  /** By address; at most 128. */
  readonly sessions: ReadonlyMap<string, Session>
  /** By address and epoch; at most 256. */
  readonly claims: ReadonlyMap<string, Claim>
  /** Our sequence at each of the last ten beats, the oldest first. */
  readonly pastSequences: readonly number[]
  /** When a new epoch was asked for last. */
  readonly renewedAtMs: number | null
  /** The one we publish, or as heard last of the director that assigns. */
  readonly assignment: Assignment | null
  /** A node holds another assignment than ours: sent again with the next beat. */
  readonly assignmentWanted: boolean
  /** Kernel mode. */
  readonly clientsTold: ClientsTold | null
  /** As the raw-IP actor was told last. */
  readonly knownNodes: string
  readonly beats: number
  readonly lastBeatMs: number
  readonly counters: Readonly<Record<string, number>>
  /** By reason and sender; at most 32. */
  readonly refused: ReadonlyMap<string, RefusedBeacons>
  /** When a node found the table full. */
  readonly fullAtMs: number | null
  /** Failures of directors that nobody has told the operator of yet: whoever assigns next does. By address, with when it was seen. */
  readonly untold: ReadonlyMap<string, { readonly change: NodeChangedMessage; readonly atMs: number }>
  /** Warnings that stand, and were logged. */
  readonly warnings: readonly Warning[]
}

/** `beat`: once an interval. `deadline`: when the next node may go stale. `maint`: when the maintenance's timeout is over. */
export type DiscoveryTimer = 'beat' | 'deadline' | 'maint'

export type DiscoveryEvent =
  | DiscoveryMessage
  | TimerExpired<DiscoveryTimer>
  | { readonly type: 'start' }
  /** The dispatcher (re)started and knows nothing. */
  | { readonly type: 'dispatcherUp' }
  /** The stats reporter (re)started and knows nothing. */
  | { readonly type: 'statsReporterUp' }
  /** The raw-IP actor (re)started and knows no node. */
  | { readonly type: 'rawIpUp' }
  /** An elector (re)started and does not know what we have. */
  | { readonly type: 'electorUp'; readonly elector: ElectorName }
  /** The operator wants it otherwise from now on. */
  | { readonly type: 'configured'; readonly options: DiscoveryOptions }
  /** An operator's, of this node or of another one. */
  | { readonly type: 'drainOrder'; readonly address: string; readonly wish: DrainWish }
  /** An operator's: a node that is gone is not missed any more. */
  | { readonly type: 'forgetOrder'; readonly address: string }
  /** Answers `renewEpoch`. */
  | { readonly type: 'epochRenewed'; readonly epoch: string }
  /** What `markDraining` was refused for. */
  | { readonly type: 'markRefused'; readonly reason: string }
  /** Ordered shutdown. */
  | { readonly type: 'stop' }

export type DiscoveryEffect =
  | StartTimer<DiscoveryTimer>
  | WriteLog
  | TellHappening<TimelineHappening>
  | SendTo<DiscoveryPeers>
  /** The next process of this node drains as well, or does not. */
  | { readonly type: 'markDraining'; readonly draining: boolean; readonly maint: boolean }
  /** A new epoch is wanted, other than any before; `heard` is a sequence that the present one was heard with. */
  | { readonly type: 'renewEpoch'; readonly heard: number }

/** A state on its way through a step, with the effects so far. */
export interface Progress {
  readonly state: DiscoveryState
  readonly effects: readonly DiscoveryEffect[]
}

/** `marked`: what it did when the process before this one ended. */
export function initialState(
  options: DiscoveryOptions,
  epoch: string,
  nowMs: number,
  marked: { readonly draining: boolean; readonly maint: boolean } = { draining: false, maint: false },
): DiscoveryState {
  return {
    options,
    epoch,
    mac: options.mac,
    sequence: 0,
    roles: new Map(),
    masterSinceMs: new Map(),
    role: 'initializing',
    ledSinceMs: new Map(),
    companySinceMs: null,
    established: false,
    monitor: null,
    failedPorts: [],
    draining: marked.draining || marked.maint,
    serving: !options.tellsFastPath,
    mayLead: !options.tellsFastPath,
    drainingSinceMs: nowMs,
    maint: marked.maint ? { timeoutMs: MAINTENANCE_MS, due: false } : null,
    orders: new Map(),
    forgets: new Map(),
    load: { cpu: 0, memory: 0, pressure: null, activeConnections: 0 },
    agent: null,
    countedAtMs: null,
    counted: new Map(),
    inherited: new Map(),
    totals: new Map(),
    nodes: new Map(),
    gone: new Map(),
    directors: new Map(),
    sessions: new Map(),
    claims: new Map(),
    pastSequences: [],
    renewedAtMs: null,
    assignment: null,
    assignmentWanted: false,
    clientsTold: null,
    knownNodes: '',
    beats: 0,
    lastBeatMs: nowMs,
    counters: {},
    refused: new Map(),
    fullAtMs: null,
    untold: new Map(),
    warnings: [],
  }
}

/** Who names a packet of this node that was sent more beats ago says nothing of now. */
const FRESH_BEATS = 10

/** The sequences at the last beats, with the present one. */
export const withPastSequence = ({ pastSequences, sequence }: DiscoveryState): readonly number[] =>
  [...pastSequences, sequence].slice(-FRESH_BEATS)

/** This node as fresh beacons name it. */
export const ownMark = ({ options, epoch, sequence, pastSequences }: DiscoveryState): OwnMark => ({
  address: options.managementIp,
  epoch,
  sequence,
  floor: pastSequences[0] ?? 0,
})
