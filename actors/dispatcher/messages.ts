import type { Histogram } from '../../runtime/actor-system/inspection/histogram.ts'
import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { TiedClient } from '../../runtime/wire/beacon/tied-clients.ts'
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
  /** Gets no new clients for its load; false on a node that does not assign, which cannot know. */
  readonly overloaded: boolean
  /** How far its slow start has come, 0..1; null: it is not started slowly. */
  readonly slowStart: number | null
  /** It drains, but is given new connections: no other node can take them. */
  readonly lastResort: boolean
  /** How long its proxy ports took to answer the last try; null where one did not, of this node itself, and on a node that does not assign. */
  readonly reachMs: number | null
  /** Why it has this weight, for people; null on a node that does not assign. */
  readonly weightReason: string | null
}

/** `describe()` of the dispatcher's control. */
export interface DispatcherStatus {
  readonly generation: number
  readonly nodes: readonly DispatchedNode[]
  /** How long the proxy ports of the nodes took to answer when they were tried, ms. */
  readonly connects: Histogram
  readonly warnings: readonly Warning[]
}

/** Clients that are told at a time, a few milliseconds' work: whoever wants more asks again. */
export const CLIENTS_TOLD_MAX = 512

/** Why a client is not tied, or untied: as many are as there may be; it is not; this node does not assign. */
export type TieRefusal = 'full' | 'notTied' | 'notAssigning'

/** Why a client goes where it goes. */
export interface ClientRoute {
  readonly client: string
  readonly slot: number
  /** Management IP; null when no node can take connections. */
  readonly node: string | null
  /**
   * `tied`: an operator has tied it to that node; `pin`: it has connections to that node, or had, so that it is remembered there; `slot`:
   * its slot is owned by that node.
   */
  readonly reason: 'tied' | 'pin' | 'slot'
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
  /** All clients that are tied to nodes, as far as this node knows. */
  ties(): readonly TiedClient[]
  /** A client's new connections go to that node (management IP) from now on; null: as anybody's. Null where the order is taken. */
  tie(client: string, node: string | null): TieRefusal | null
  which(client: string): ClientRoute
  /**
   * Some of the clients that are known, in no order: from `from` on (0, then the `next` of the part before), without the first `skip`, and at
   * most `take`, which may be 0 to count them. What one call does is bounded, whatever is asked for.
   */
  clients(from: number, skip: number, take: number): ClientsPart
}
