import type { SendTo, StartTimer, TimerExpired, WriteLog } from '../../runtime/system/machine.ts'
import type { BeaconNode } from '../../runtime/wire/beacon-node.ts'
import type { ElectorName, Role, RoleMessage } from '../elector/messages.ts'
import type { DrainOrder } from './draining.ts'
import type { AgentWord, Assignment, DiscoveryMessage, DiscoveryPeers, NodeLoad } from './messages.ts'
import type { ReplayWindow } from './replay.ts'

export interface DiscoveryOptions {
  /** 1..64 characters. */
  readonly name: string
  readonly managementIp: string
  /** Lower-case, colon-separated: where this node's interface is reached. */
  readonly mac: string
  /** 1..1000: what it can take beside the others. */
  readonly capacity: number
  /** By which the nodes of a group recognise each other: that of the first instance of the configuration. */
  readonly virtualRouterId: number
  /** At most 8, by their names. */
  readonly instances: readonly {
    readonly name: string
    readonly family: 'ipv4' | 'ipv6'
    readonly virtualRouterId: number
  }[]
  readonly electors: readonly ElectorName[]
  /** HMAC key of the beacons; null = not authenticated. */
  readonly key: string | null
  /** Between two hellos. */
  readonly intervalMs: number
  /** Intervals without a sign of life after which a node is stale. */
  readonly staleAfterIntervals: number
  /** Kernel mode: the fast path is told which clients are to stay with another node. */
  readonly tellsFastPath?: boolean
  /** Names the mark of a node that drains. */
  readonly drainMark: string
  /** What must be the same on every node, as text by name (`virtualIps`, `redirects`, ...). At most 16. */
  readonly settings: Readonly<Record<string, string>>
}

/** A stale node is shown that long, and then forgotten. */
export const FORGET_AFTER_MS = 60_000

/** What is known of another node. */
export interface KnownNode {
  readonly address: string
  readonly node: BeaconNode
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
  /** Of its last hello. */
  readonly lastMs: number
}

/** A beacon that was refused for what an operator can mend. */
interface RefusedBeacon {
  readonly source: string
  readonly atMs: number
  /** Where that is what it was refused for, and all else is ours; else null. */
  readonly strayVirtualRouterId: number | null
}

export interface DiscoveryState {
  readonly options: DiscoveryOptions
  /** Of this start: 16 hexadecimal digits. */
  readonly epoch: string
  /** Of the last packet sent. */
  readonly sequence: number
  /** As the electors said last, by instance: VRRP's word for who is director of what. */
  readonly roles: ReadonlyMap<string, RoleMessage>
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
  /** Since when; of no meaning where it does not. */
  readonly drainingSinceMs: number
  /** Under way to other nodes, by address. */
  readonly orders: ReadonlyMap<string, DrainOrder>
  readonly load: NodeLoad
  /** What this node's agent says; null: it has none. */
  readonly agent: AgentWord | null
  /** When its connections were counted. */
  readonly countedAtMs: number | null
  /** Other nodes by address; at most 63. */
  readonly nodes: ReadonlyMap<string, KnownNode>
  /** By address; at most 8. */
  readonly directors: ReadonlyMap<string, DirectorHeard>
  /** By address; at most 128. */
  readonly replayWindows: ReadonlyMap<string, ReplayWindow>
  /** The one we publish, or as heard last of the director that assigns. */
  readonly assignment: Assignment | null
  /** A node holds another assignment than ours: sent again with the next beat. */
  readonly assignmentWanted: boolean
  readonly beats: number
  readonly lastBeatMs: number
  readonly timers: Readonly<Record<DiscoveryTimer, number>>
  readonly counters: Readonly<Record<string, number>>
  /** By reason. */
  readonly refused: Readonly<Record<string, RefusedBeacon>>
  /** When a node found the table full. */
  readonly fullAtMs: number | null
  /** Warnings that stand, and were logged. */
  readonly warnings: readonly string[]
}

/** `beat`: once an interval. `deadline`: when the next node may go stale. */
export type DiscoveryTimer = 'beat' | 'deadline'

export type DiscoveryEvent =
  | DiscoveryMessage
  | TimerExpired<DiscoveryTimer>
  | { readonly type: 'start' }
  /** The dispatcher (re)started and knows nothing. */
  | { readonly type: 'dispatcherUp' }
  /** An elector (re)started and does not know what we have. */
  | { readonly type: 'electorUp'; readonly elector: ElectorName }
  /** The operator wants it otherwise from now on. */
  | { readonly type: 'configured'; readonly options: DiscoveryOptions }
  /** An operator's, of this node or of another one. */
  | { readonly type: 'drainOrder'; readonly address: string; readonly draining: boolean }
  /** What `markDraining` was refused for. */
  | { readonly type: 'markRefused'; readonly reason: string }
  /** Ordered shutdown. */
  | { readonly type: 'stop' }

export type DiscoveryEffect =
  | StartTimer<DiscoveryTimer>
  | WriteLog
  | SendTo<DiscoveryPeers>
  /** The next process of this node drains as well, or does not. */
  | { readonly type: 'markDraining'; readonly draining: boolean }

/** A state on its way through a step, with the effects so far. */
export interface Progress {
  readonly state: DiscoveryState
  readonly effects: readonly DiscoveryEffect[]
}

/** `draining`: it did when the process before this one ended. */
export function initialState(
  options: DiscoveryOptions,
  epoch: string,
  nowMs: number,
  draining = false,
): DiscoveryState {
  return {
    options,
    epoch,
    sequence: 0,
    roles: new Map(),
    role: 'initializing',
    ledSinceMs: new Map(),
    companySinceMs: null,
    established: false,
    monitor: null,
    failedPorts: [],
    draining,
    drainingSinceMs: nowMs,
    orders: new Map(),
    load: { cpu: 0, memory: 0, pressure: null, activeConnections: 0 },
    agent: null,
    countedAtMs: null,
    nodes: new Map(),
    directors: new Map(),
    replayWindows: new Map(),
    assignment: null,
    assignmentWanted: false,
    beats: 0,
    lastBeatMs: nowMs,
    timers: { beat: 0, deadline: 0 },
    counters: {},
    refused: {},
    fullAtMs: null,
    warnings: [],
  }
}

/** Silence after which a node is stale: its answer to the last of the hellos gets a quarter of an interval. */
export const staleAfterMs = ({ intervalMs, staleAfterIntervals }: DiscoveryOptions): number =>
  (staleAfterIntervals + 0.25) * intervalMs
