import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { ConnectedClient } from '../../runtime/wire/beacon/clients.ts'
import type { ConnectionHolder } from '../../runtime/wire/beacon/holders.ts'
import type { BeaconNode } from '../../runtime/wire/beacon/node.ts'
import type { TiedClient } from '../../runtime/wire/beacon/tied-clients.ts'
import type { Traffic } from '../../runtime/wire/beacon/traffic.ts'
import type { RoleMessage } from '../elector/messages.ts'
import type { BeaconsLost, RawIpDelivery } from '../raw-ip/messages.ts'

/** What a node is worth now. Shares are 0..1. */
export interface NodeLoad {
  readonly cpu: number
  readonly memory: number
  /** PSI of cpu, `some avg10`, 0..1; null without PSI. */
  readonly pressure: number | null
  /** Established connections on the proxy ports. */
  readonly activeConnections: number
}

/** What a node is, beside what it is worth now: as its beacons say. */
type NodeTraits = Pick<BeaconNode, 'capacity' | 'agent' | 'failedPorts' | 'forwarding' | 'drained' | 'maint'>

/** From the port monitor, at every change and whenever discovery (re)starts. */
export interface MonitorMessage {
  readonly type: 'monitor'
  readonly state: 'ok' | 'failure'
  /** Proxy ports that fail, each once; none where the state is ok. */
  readonly failedPorts: readonly number[]
}

/** What the operator's agent says of this node. */
export interface AgentWord {
  /** Of its capacity, 0..1; 0: no new clients. */
  readonly share: number
  /** No traffic at all. */
  readonly down: boolean
}

/** From the stats reporter, when it has changed. */
export interface AgentMessage {
  readonly type: 'agent'
  /** Null: there is no agent, or it says nothing. */
  readonly word: AgentWord | null
}

/** From the stats reporter, when something has changed, and when connections were counted. */
export interface LoadMessage {
  readonly type: 'load'
  readonly load: NodeLoad
  /** When the connections were counted, on the monotonic clock; null: not yet. */
  readonly countedAtMs: number | null
}

/**
 * What clients had of nodes, since the counters began: from the fast path of this node, from the dispatcher of all that its forwarders hand on to.
 * Once a second at most, where something has changed, and whenever discovery (re)starts.
 */
export interface TrafficMessage {
  readonly type: 'traffic'
  /** By management IP; in place of what was said before. */
  readonly counted: readonly (Traffic & { readonly address: string })[]
}

/**
 * Which node owns which slot, and which clients are not to go by that. Nodes are named by management IP; `slots[i]` is an index into
 * `nodes`, 255 = nobody.
 */
export interface Assignment {
  /** Rises with every change. */
  readonly generation: number
  readonly nodes: readonly string[]
  /** 4096 bytes. */
  readonly slots: Uint8Array
  /** By an operator's order; each client once, at most 256. */
  readonly tied: readonly TiedClient[]
}

/** From the dispatcher of a director: what the next director must know. */
export interface PublishMessage {
  readonly type: 'publish'
  readonly assignment: Assignment
}

/** From the watcher, at every change and whenever discovery (re)starts: where this node's interface is reached now. */
export interface DeviceMessage {
  readonly type: 'device'
  /** Lower-case, colon-separated. */
  readonly mac: string
}

/**
 * From the fast path: clients that have connections to this node, and must stay with it although their slot is another's, or another
 * node says they must stay there.
 */
export interface ClientsMessage {
  readonly type: 'clients'
  /** Every client that it has: this gateway has just started, or is about to stop. */
  readonly all: boolean
  /** Of the slots that the node knew of when it looked; 0: none yet. */
  readonly generation: number
  readonly clients: readonly ConnectedClient[]
}

/**
 * From the fast path, whenever that changes and when discovery (re)starts: whether the kernel serves what directors hand on to this node. While it
 * does not (at the start: not yet; at an ordered stop: no more), new clients go to other nodes, as those of a node that drains do.
 */
export interface ServingMessage {
  readonly type: 'serving'
  readonly serving: boolean
  /** By tables of its own, not by a predecessor's that are being taken over: who leads before cannot forward when clients come. */
  readonly mayLead: boolean
}

/** To the fast path: the same of another node, in place of what that node has said before. */
export interface ClientsOfMessage extends Omit<ClientsMessage, 'type'> {
  readonly type: 'clientsOf'
  /** Management IP. */
  readonly address: string
}

/** From the stats reporter, in kernel mode, with each count: who has most connections to this node. */
export interface HoldersMessage {
  readonly type: 'holders'
  /** Nobody else has any. */
  readonly all: boolean
  /** At most 64. */
  readonly holders: readonly ConnectionHolder[]
}

/** To the fast path: the same of a node, in place of what that has said before. */
export interface HoldersOfMessage extends Omit<HoldersMessage, 'type'> {
  readonly type: 'holdersOf'
  /** Management IP. */
  readonly address: string
}

export type DiscoveryMessage =
  | RoleMessage
  | MonitorMessage
  | LoadMessage
  | AgentMessage
  | TrafficMessage
  | PublishMessage
  | DeviceMessage
  | ClientsMessage
  | ServingMessage
  | HoldersMessage
  | RawIpDelivery
  | BeaconsLost

export type Health = 'ok' | 'failure' | 'stale' | 'draining'

export interface Member extends NodeLoad, NodeTraits {
  /** Management IP: what a node is known by. */
  readonly address: string
  readonly name: string
  readonly mac: string
  readonly self: boolean
  /** Leads an instance. Where there are several, so may several members. */
  readonly director: boolean
  readonly health: Health
  /** Since it was heard last: an age, 0 for this node itself. */
  readonly lastSeenMs: number
}

/** A node sends with the key that this node sends with, or with another that is accepted here. */
export type KeyUse = 'current' | 'other'

/** Where what is known of a node comes from: it is this one; its own beacons; or the director's word, which every node hears. */
export type FigureSource = 'self' | 'beacon' | 'director'

/** A member as it is shown: also one that is gone, and on a scanning node also those that are the director's to judge. */
export interface MemberStatus extends Member {
  readonly source: FigureSource
  /** What clients had of it; null: nobody has counted it. */
  readonly traffic: Traffic | null
  /** It stopped in order: nobody misses it. Told for a day. */
  readonly left: boolean
  /** Null: without keys, and where it was not heard lately. */
  readonly key: KeyUse | null
  /** When it was heard last, by the calendar (ISO 8601), where it is stale and did not stop in order. */
  readonly missingSince: string | null
}

/** Where a node's interface is reached. */
export interface NodeMac {
  /** Management IP. */
  readonly address: string
  /** Lower-case, colon-separated. */
  readonly mac: string
  /** It has said goodbye: its gateway is down, in order, while its host may go on serving what it has. */
  readonly left: boolean
  /** It was not heard for so long that it is no member any more. */
  readonly gone: boolean
}

/** To the dispatcher: all members that are known, sorted by address, whenever one changed and once an interval. */
export interface MembershipMessage {
  readonly type: 'membership'
  readonly members: readonly Member[]
  /** Of every other node that is known, also of those that are not this node's to judge; sorted by address. */
  readonly macs: readonly NodeMac[]
  /** Management IP of the director that decides which node owns which slot; null: there is none. */
  readonly assigner: string | null
}

/** To the dispatcher of every other node: what the beacons of the director that assigns said. */
export interface ReplicaMessage {
  readonly type: 'replica'
  readonly assignment: Assignment
}

/**
 * To the stats reporter, at every change: whether it is looked at when the last connection has ended, and whether those that are open
 * are reset.
 */
export interface UpkeepMessage {
  readonly type: 'upkeep'
  readonly draining: boolean
  readonly resets: boolean
  /** Management IPs of this node and of those whose forwarders may connect to it; none where neither is so. */
  readonly group: readonly string[]
}

/** Until what is open at a node in maintenance is reset, unless the order says so, and after a restart: a mark says only that it is so. */
export const MAINTENANCE_MS = 30_000

/** What a node may be ordered to do. */
export interface DrainWish {
  readonly draining: boolean
  /** For maintenance: what is open is reset after so long. Null: it is left alone. */
  readonly maintMs: number | null
}

/** `describe()` of discovery's control. */
export interface DiscoveryStatus {
  /** All that are known, whoever leads. */
  readonly members: readonly MemberStatus[]
  readonly counters: Readonly<Record<string, number>>
  /** Settings that differ between nodes, no key set, nodes that do not serve, and the like. */
  readonly warnings: readonly Warning[]
  /** Of them those that a director is none of the group's nodes: what clients ask for the virtual IP does not come here. */
  readonly strangers: readonly string[]
}

/** What changes by the second of a node that is heard. */
export interface NodeFigures {
  /** Management IP. */
  readonly address: string
  readonly name: string
  readonly activeConnections: number
  /** Of 4096. */
  readonly slots: number
  /** Null: nobody has counted it. */
  readonly traffic: Traffic | null
  /** How old that is. */
  readonly ageMs: number
}

export type DiscoveryControl = {
  describe(): DiscoveryStatus
  /** Of all nodes that are not stale, on whichever node. Cheap: asked once a second. */
  figures(): readonly NodeFigures[]
  /** Orders a node to drain, or to drain no more; by its management IP, this node's own included. What becomes of it its beacons show. */
  drain(address: string, wish: DrainWish): void
  /** All nodes miss that one, which is gone, no more; by its management IP. */
  forget(address: string): void
}
