import type { AnnouncerMessage, AnnouncerReport } from '../announcer/messages.ts'
import type { DiscoveryMessage } from '../discovery/messages.ts'
import type { DispatcherMessage } from '../dispatcher/messages.ts'
import type { RawIpDelivery, RawIpMessage } from '../raw-ip/messages.ts'

export type Role = 'initializing' | 'scanning' | 'director'

/** Sent by the elector to discovery, dispatcher and forwarder at every change, and whenever one of them (re)starts. */
export interface RoleMessage {
  readonly type: 'role'
  readonly role: Role
  /** Primary address of the director as last heard; our own when we are it; null while nobody is known. */
  readonly masterAddress: string | null
  readonly masterPriority: number | null
}

export type ElectorMessage = RawIpDelivery | AnnouncerReport

export type ElectorPeers = {
  readonly 'raw-ip': RawIpMessage
  readonly announcer: AnnouncerMessage
  readonly discovery: DiscoveryMessage
  readonly dispatcher: DispatcherMessage
  readonly forwarder: RoleMessage
}

/** How the last hand-over that an operator asked for went. */
export type HandOver =
  | { readonly outcome: 'underWay' }
  /** `afterMs`: from the priority 0 to the first advert of the one who followed. */
  | { readonly outcome: 'taken'; readonly by: string; readonly priority: number; readonly afterMs: number }
  | { readonly outcome: 'nobody'; readonly afterMs: number }

/** What a node says of its virtual router, here and in the gateway's status. */
export interface VrrpStatus {
  readonly state: 'INIT' | 'BACKUP' | 'MASTER'
  readonly version: 2 | 3
  readonly virtualRouterId: number
  readonly priority: number
  readonly advertIntervalMs: number
  readonly masterIp: string | null
  readonly masterPriority: number | null
  /** How often this node became or ceased to be master since start. */
  readonly transitions: number
  /** Has stepped down: leaves even a director of lower priority alone, until that falls silent or steps down itself. */
  readonly yielding: boolean
  /** Null: none was asked for since start. */
  readonly handOver: HandOver | null
}

/** `describe()` of the elector's control. */
export interface ElectorStatus extends VrrpStatus {
  readonly role: Role
  readonly counters: Readonly<Record<string, number>>
  readonly warnings: readonly string[]
}

export type ElectorControl = {
  describe(): ElectorStatus
  /** Begins to hand over (priority 0); `handOver` of the status says how that goes. False when this node is not the director. */
  stepDown(): boolean
}
