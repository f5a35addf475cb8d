import type { SettingChange } from '../../config/reload-plan.ts'
import type { ActorDescription } from '../../runtime/actor-system/inspection/description.ts'
import type { AddressFamily } from '../../runtime/wire/ip-address-bytes.ts'
import type { Health, KeyUse } from '../discovery/messages.ts'
import type { Role, VrrpStatus } from '../elector/messages.ts'
import type { Holder } from '../fast-path/messages.ts'
import type { PortState } from '../port-monitor/messages.ts'

export type InspectorMessage = never
export type InspectorPeers = Readonly<Record<never, never>>

export type { ActorDescription }

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
  /** Handed to it by this gateway since it started; null while that is not known. In kernel mode SYNs, with those that were sent again. */
  readonly totalConnections: number | null
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
  /** Why it has its weight, for people; null where this node does not assign. */
  readonly weightReason: string | null
  /** Since its last sign of life; 0 for this node. */
  readonly lastSeenMs: number
  /** Stale because its gateway stopped in order. Other figures of a node that is gone are what it said last. */
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

/** `GET /status` and `proxyha status --json`. On the director all nodes, elsewhere the director and this node. */
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
  readonly warnings: readonly string[]
}
