import type { MembershipMessage, ReplicaMessage } from '../discovery/messages.ts'
import type { RoleMessage } from '../elector/messages.ts'

export type DispatcherMessage = RoleMessage | MembershipMessage | ReplicaMessage

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
  /** It drains, but is given new connections: no other node can take them. */
  readonly lastResort: boolean
  /** Why it has this weight, for people; null on a node that does not assign. */
  readonly weightReason: string | null
}

/** `describe()` of the dispatcher's control. */
export interface DispatcherStatus {
  readonly generation: number
  readonly nodes: readonly DispatchedNode[]
  readonly warnings: readonly string[]
}

/** Clients that are told at a time, a few milliseconds' work: whoever wants more asks again. */
export const CLIENTS_TOLD_MAX = 512

/** Why a client goes where it goes. */
export interface ClientRoute {
  readonly client: string
  readonly slot: number
  /** Management IP; null when no node can take connections. */
  readonly node: string | null
  /** `pin`: it has connections to that node, or had, so that it is remembered there; `slot`: its slot is owned by that node. */
  readonly reason: 'pin' | 'slot'
  /** Null where that is not known: in kernel mode each node names those that have most, as of its last count. */
  readonly activeConnections: number | null
  /** Seconds since its last connection was opened or closed; null when it is not in the table. */
  readonly idleS: number | null
  /** How long the pin or the slot's owner is what it is; null: for longer than is known. */
  readonly sinceMs: number | null
}

/** Some of the clients that are known. */
export interface ClientsPart {
  readonly routes: readonly ClientRoute[]
  /** How many clients there were on the way, those that were skipped included. */
  readonly seen: number
  /** Where the next part begins; null: there is none. */
  readonly next: number | null
}

export type DispatcherControl = {
  describe(): DispatcherStatus
  which(client: string): ClientRoute
  /**
   * Some of the clients that are known, in no order: from `from` on (0, then the `next` of the part before), without the first `skip`, and at
   * most `take`, which may be 0 to count them. What one call does is bounded, whatever is asked for.
   */
  clients(from: number, skip: number, take: number): ClientsPart
}
