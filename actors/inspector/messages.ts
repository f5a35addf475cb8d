import type { SettingChange } from '../../config/reload-plan.ts'
import type { ActorDescription } from '../../runtime/actor-system/inspection/description.ts'
import type { Happening } from '../../runtime/actor-system/inspection/inspection.ts'
import type { WarningLevel } from '../../runtime/actor-system/inspection/warning-codes.ts'
import type { AddressFamily } from '../../runtime/wire/ip-address-bytes.ts'
import type { FigureSource, Health, KeyUse } from '../discovery/messages.ts'
import type { Role, VrrpStatus } from '../elector/messages.ts'
import type { Holder } from '../fast-path/messages.ts'
import type { PortState } from '../port-monitor/messages.ts'

export type InspectorMessage = never
export type InspectorPeers = Readonly<Record<never, never>>

export type { ActorDescription }

/** What the timeline tells of. */
export type TimelineKind =
  | 'started'
  | 'stopped'
  | 'director'
  | 'backup'
  | 'fault'
  | 'nodeFailed'
  | 'nodeReturned'
  | 'nodeMissing'
  | 'nodeLeft'
  | 'nodeJoined'
  | 'drain'
  | 'drained'
  | 'undrain'
  | 'maint'
  | 'forget'
  | 'failover'
  | 'announce'
  | 'assign'
  | 'unassign'
  | 'reload'
  | 'warning'
  | 'warningEnded'
  | 'actorRestarted'
  | 'suppressed'

/** An inspection event of type `happened` that is for the timeline. */
export interface TimelineHappening extends Happening {
  readonly kind: TimelineKind
}

/** `GET /timeline`, oldest first. */
export interface TimelineEntry {
  /** Rises by one with each entry, also over a restart where the state directory kept those before. */
  readonly id: number
  /** ISO 8601 in UTC. */
  readonly at: string
  /** Name and management IP of the node that it is about; null where they are not known. */
  readonly node: string | null
  readonly address: string | null
  readonly kind: TimelineKind
  /** A sentence for an operator. */
  readonly words: string
  readonly level: Happening['level']
  /** Who ordered it, where somebody did. */
  readonly by: string | null
}

/** By what clients can be listed: address, node, most connections first, last seen first. */
export const CLIENT_ORDERS = ['client', 'node', 'active', 'seen'] as const
export type ClientOrder = (typeof CLIENT_ORDERS)[number]

/** What became of an order to read the configuration anew. */
export interface ReloadReport {
  /** `possible`: it was only to be checked. `refused`: nothing of it is applied. */
  readonly outcome: 'applied' | 'possible' | 'unchanged' | 'refused'
  readonly changes: readonly SettingChange[]
  /** Why it was refused, or what does not go by it yet; a line each, for people. */
  readonly problems: readonly string[]
}

/** What the supervisor lets the inspector ask and do. */
export type SupervisorControl = {
  actors(): readonly ActorDescription[]
  /** Whether single messages are wanted as events too. */
  watch(on: boolean): void
  /** Test hook, refused unless PROXYHA_TEST_HOOKS=1: makes the actor throw inside its mailbox. */
  crash(actor: string): boolean
  /** Test hook, refused unless PROXYHA_TEST_HOOKS=1: blocks the actor's thread for that long. */
  stall(actor: string, forMs: number): boolean
  /** Begins to read the configuration anew and to go by it, or only to check whether that could be. The number of the order. */
  reload(checkOnly: boolean): number
  /** What became of the order; null while it is under way, and of one long ago. */
  reloadReport(order: number): ReloadReport | null
}

/** Means by now; null where they are not known. */
export interface TrafficRates {
  /** Over the last second, 10 and 60 s. */
  readonly connectionsPerS: { readonly s1: number; readonly s10: number; readonly s60: number } | null
  /** Over 10 s. */
  readonly bytesInPerS: number | null
  readonly bytesOutPerS: number | null
}

/** A node in the history: a value a point; null where it is not known. */
export interface NodeHistory {
  readonly address: string
  readonly name: string
  readonly activeConnections: readonly (number | null)[]
  readonly connectionsPerS: readonly (number | null)[]
  readonly bytesInPerS: readonly (number | null)[]
  readonly bytesOutPerS: readonly (number | null)[]
  /** Of 4096. */
  readonly slots: readonly (number | null)[]
}

/** `GET /history`: the oldest point first, the last one is the newest. */
export interface TrafficHistory {
  /** Another one: nothing of before is known any more. */
  readonly epoch: string
  readonly stepMs: number
  /** Of the first point, ISO 8601. */
  readonly from: string
  /** 900 at most. */
  readonly points: number
  readonly nodes: readonly NodeHistory[]
}

/** One gateway of the group as this node sees it. Shares are 0..1. */
export interface NodeStatus {
  readonly name: string
  readonly address: string
  /** Null while it is not known. */
  readonly mac: string | null
  readonly self: boolean
  readonly director: boolean
  readonly state: Health
  readonly forwarding: 'kernel' | 'workers'
  /** 0..256; 0 = gets no new clients. */
  readonly weight: number
  /** 0..4096. */
  readonly slots: number
  readonly activeConnections: number
  /** Draining, and nothing is left. */
  readonly drained: boolean
  /** In maintenance: it drains, and what is open is reset after a while. */
  readonly maint: boolean
  /** Draining, but gets new connections nevertheless, since no other node can take them. */
  readonly lastResort: boolean
  /** Connections of clients that it has answered, since its counter began (docs/operating.md says when it does); null while nobody has said. */
  readonly totalConnections: number | null
  /** Attempts to connect that it has not answered, or refused: none of those above. */
  readonly failedConnections: number | null
  /** From clients, and to clients. In workers mode what they sent, in kernel mode with the headers of IP and TCP. */
  readonly bytesIn: number | null
  readonly bytesOut: number | null
  readonly connectionsPerS: TrafficRates['connectionsPerS']
  readonly bytesInPerS: number | null
  readonly bytesOutPerS: number | null
  readonly cpu: number
  readonly memory: number
  /** What it can take beside the others, 1..1000. */
  readonly capacity: number
  /** The share of itself that its agent says it can give, 0..1; null without one. */
  readonly agent: number | null
  /** Its proxy ports that fail, as far as it says so: at most 16. */
  readonly failedPorts: readonly number[]
  /** Gets no new clients for its load. On the director that assigns; else false. */
  readonly overloaded: boolean
  /** How far its slow start has come, 0..1; null: none is under way, or this node does not assign. */
  readonly slowStart: number | null
  /** How long its proxy ports took to answer the director's last try; null where they did not, of the director itself, and on other nodes. */
  readonly reachMs: number | null
  /** Why it has its weight, for people; null where this node does not assign. */
  readonly weightReason: string | null
  /** Since its last sign of life; 0 for this node. */
  readonly lastSeenMs: number
  /** Who has told its figures: this node itself, that one's own beacons, or the director's. */
  readonly source: FigureSource
  /** How old they are; 0 for this node. */
  readonly ageMs: number
  /** Stale because its gateway stopped in order: told for a day. Other figures of a node that is gone are what it said last. */
  readonly left: boolean
  /** Of `cluster.keys`, by which it sends: that of this node, or another that is accepted here; null where it was not heard lately, and without keys. */
  readonly key: KeyUse | null
  /** Stale, and not because it stopped in order: until it is back, or an operator has it forgotten. */
  readonly missing: boolean
  /** Since when, ISO 8601; null: it is not missing. */
  readonly missingSince: string | null
}

interface VirtualIpStatus {
  readonly address: string
  readonly held: boolean
}

/** One virtual router of this node. */
export interface InstanceStatus extends VrrpStatus {
  readonly name: string
  readonly family: AddressFamily
  readonly role: Role
  readonly virtualIps: readonly VirtualIpStatus[]
  /** Those of its elector and announcer, as they are worded where there is but one instance. */
  readonly warnings: readonly string[]
}

/** `GET /diagnostics`: what it takes, beyond the status, to look for the cause of a trouble on this host. */
export interface Diagnostics {
  /** Of the gateway's process. */
  readonly pid: number
  readonly interfaceName: string
  readonly managementIp: string
  readonly redirects: readonly { readonly originalPorts: readonly number[]; readonly proxyPort: number }[]
  /** Original ports that are the proxy's own. */
  readonly portRanges: readonly { readonly first: number; readonly last: number }[]
  /** Who has most connections, a node each; in workers mode, where `/clients` has them, and while no node has said it: null. */
  readonly holders: readonly Holder[] | null
  /** By `<actor>.<counter>`, since that actor started. */
  readonly counters: Readonly<Record<string, number>>
}

/** `GET /status` and `proxyha status --json`. On the director all nodes, elsewhere the director and this node; with `?all=1` all nodes on each. */
export interface GatewayStatus {
  readonly node: string
  /** Director of any instance. */
  readonly role: Role
  readonly forwarding: 'kernel' | 'workers'
  /** Of the first instance. */
  readonly vrrp: VrrpStatus
  /** In the order of the configuration. */
  readonly instances: readonly InstanceStatus[]
  /** Of all instances. */
  readonly virtualIps: readonly VirtualIpStatus[]
  readonly monitor: { readonly state: 'ok' | 'failure'; readonly ports: readonly PortState[] }
  readonly nodes: readonly NodeStatus[]
  /** The sentences of the warnings; the doctor has their codes. */
  readonly warnings: readonly string[]
}

/** What an operator has to know first. */
export interface Verdict {
  readonly level: 'ok' | 'warning' | 'failure'
  /** The level, whether it serves, who leads, what is worst: at most 76 characters. */
  readonly text: string
  /** ISO 8601; since when what is worst is known here, or all is well. */
  readonly since: string
}

/** `GET /status`. */
export interface ToldStatus extends GatewayStatus {
  readonly verdict: Verdict
}

/** What a rule of the doctor finds. */
export interface Finding {
  /** Stable, for scripts: those of docs/doctor.md. */
  readonly code: string
  /** `failure`: clients are not served, or by whom is left to chance. `note`: as it should be, but worth knowing. */
  readonly level: WarningLevel
  /** The node, address, port, setting or virtual router that it is about; null: this node as a whole. */
  readonly about: string | null
  readonly text: string
  /** What it is concluded from. */
  readonly evidence: readonly string[]
  /** Null: the text says what to do, or there is nothing to do. */
  readonly advice: string | null
  /** ISO 8601; since when it is known here, to the second. Null: that is not kept. */
  readonly since: string | null
}

/** `GET /doctor`: what is wrong as this gateway sees it, the gravest first. */
export interface DoctorReport {
  readonly verdict: Verdict
  readonly findings: readonly Finding[]
}
