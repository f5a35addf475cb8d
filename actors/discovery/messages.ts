import type { ConnectedClient } from '../../runtime/wire/beacon-clients.ts'
import type { BeaconNode } from '../../runtime/wire/beacon-node.ts'
import type { DispatcherMessage } from '../dispatcher/messages.ts'
import type { ElectorName, RoleMessage } from '../elector/messages.ts'
import type { RawIpDelivery, RawIpMessage } from '../raw-ip/messages.ts'

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
type NodeTraits = Pick<BeaconNode, 'capacity' | 'agent' | 'failedPorts' | 'forwarding' | 'drained'>

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

/** Which node owns which slot. Nodes are named by management IP; `slots[i]` is an index into `nodes`, 255 = nobody. */
export interface Assignment {
  /** Rises with every change. */
  readonly generation: number
  readonly nodes: readonly string[]
  /** 4096 bytes. */
  readonly slots: Uint8Array
}

/** From the dispatcher of a director: what the next director must know. */
export interface PublishMessage {
  readonly type: 'publish'
  readonly assignment: Assignment
}

/** Draining is decided at one node and told to all by the beacons. */
interface DrainMessage {
  readonly type: 'drain'
  readonly draining: boolean
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

/** To the fast path: the same of another node, in place of what that node has said before. */
export interface ClientsOfMessage extends Omit<ClientsMessage, 'type'> {
  readonly type: 'clientsOf'
  /** Management IP. */
  readonly address: string
}

export type DiscoveryMessage =
  | RoleMessage
  | MonitorMessage
  | LoadMessage
  | AgentMessage
  | PublishMessage
  | DrainMessage
  | ClientsMessage
  | RawIpDelivery

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

/** Where a node's interface is reached. */
export interface NodeMac {
  /** Management IP. */
  readonly address: string
  /** Lower-case, colon-separated. */
  readonly mac: string
  /** It has said goodbye: its gateway is down, in order, while its host may go on serving what it has. */
  readonly left: boolean
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

/** To every elector: the present assignment is here, whenever it came from another node, and when one of both (re)starts. */
export interface CaughtUpMessage {
  readonly type: 'caughtUp'
}

export type DiscoveryPeers = {
  readonly 'raw-ip': RawIpMessage
  readonly dispatcher: DispatcherMessage
  readonly 'fast-path': ClientsOfMessage
  readonly [elector: ElectorName]: CaughtUpMessage
}

/** `describe()` of discovery's control. */
export interface DiscoveryStatus {
  readonly members: readonly Member[]
  readonly counters: Readonly<Record<string, number>>
  /** Settings that differ between nodes, no key set, and the like. */
  readonly warnings: readonly string[]
}

export type DiscoveryControl = {
  describe(): DiscoveryStatus
  /** Orders a node to drain, or to drain no more; by its management IP, this node's own included. What becomes of it its beacons show. */
  drain(address: string, draining: boolean): void
}
