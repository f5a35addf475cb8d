import type { MembershipMessage, PublishMessage, ReplicaMessage } from '../discovery/messages.ts'
import type { RoleMessage } from '../elector/messages.ts'
import type { ForwardingMessage } from '../fast-path/messages.ts'

export type DispatcherMessage = RoleMessage | MembershipMessage | ReplicaMessage

export type DispatcherPeers = { readonly discovery: PublishMessage; readonly 'fast-path': ForwardingMessage }

/** One node as the table and the policy see it. */
export interface DispatchedNode {
  readonly address: string
  /** 0..256; 0 = gets no new clients. */
  readonly weight: number
  /** Slots owned, 0..4096. */
  readonly slots: number
  readonly activeConnections: number
  readonly totalConnections: number
  /** Gets no new clients for its load; false on a node that does not assign, which cannot know. */
  readonly overloaded: boolean
  /** How far its slow start has come, 0..1; null: it is not started slowly. */
  readonly slowStart: number | null
  /** Why it has this weight, for people; null on a node that does not assign. */
  readonly weightReason: string | null
}

/** `describe()` of the dispatcher's control. */
export interface DispatcherStatus {
  readonly generation: number
  readonly nodes: readonly DispatchedNode[]
  readonly warnings: readonly string[]
}

/** Why a client goes where it goes. */
export interface ClientRoute {
  readonly client: string
  readonly slot: number
  /** Management IP; null when no node can take connections. */
  readonly node: string | null
  /** `pin`: it has connections to that node; `slot`: its slot is owned by that node. */
  readonly reason: 'pin' | 'slot'
  readonly activeConnections: number
  /** Seconds since its last connection was opened or closed; null when it is not in the table. */
  readonly idleS: number | null
  /** How long the pin or the slot's owner is what it is; null: for longer than is known. */
  readonly sinceMs: number | null
}

export type DispatcherControl = {
  describe(): DispatcherStatus
  which(client: string): ClientRoute
  /** At most `limit` entries of the table. */
  clients(limit: number): readonly ClientRoute[]
}
