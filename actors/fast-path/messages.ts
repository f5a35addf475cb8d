import type { ClientsMessage, ClientsOfMessage } from '../discovery/messages.ts'
import type { ClientRoute } from '../dispatcher/messages.ts'
import type { RoleMessage } from '../elector/messages.ts'

/** A node as the dispatcher knows it. */
export interface ForwardingNode {
  /** Management IP. */
  readonly address: string
  /** 1..64: its row in the connection table + 1. What is no node of the table has a number that no row needs. */
  readonly mark: number
  /** Lower-case, colon-separated. */
  readonly mac: string
  readonly self: boolean
  /** Not stale, not in failure: may get traffic. */
  readonly eligible: boolean
  /** Gets no new connection, but keeps those that it has: its gateway was stopped in order, its host goes on. */
  readonly left: boolean
}

/** From the dispatcher, at every change and whenever the fast path (re)starts. */
export interface ForwardingMessage {
  readonly type: 'forwarding'
  /** Of the slots; 0 = there was no assignment yet. */
  readonly generation: number
  /** By this host's own dispatcher: it leads, also where word of that is still on its way. */
  readonly dealtHere: boolean
  /** Every node whose MAC is known, and this one. At most 64. */
  readonly nodes: readonly ForwardingNode[]
  /** 4096 marks; 0 = nobody. */
  readonly slots: Uint8Array
}

export type FastPathMessage = RoleMessage | ForwardingMessage | ClientsOfMessage

export type FastPathPeers = { readonly discovery: ClientsMessage }

/** Packets and bytes that this host, as director, has sent to a node; since its table was made. */
export interface NodeCounters {
  readonly address: string
  readonly packets: number
  readonly bytes: number
}

/** Clients that are remembered at their nodes, of one family. */
export interface PinCount {
  readonly family: 'IPv4' | 'IPv6'
  /** Now; null where the kernel does not say. */
  readonly count: number | null
  /** A client beyond goes by its slot. */
  readonly most: number
}

/** `describe()` of the fast path's control. */
export interface FastPathStatus {
  /** `waiting`: nothing is applied yet; `applied`: the kernel has what it should; `behind`: it does not have all of it. */
  readonly state: 'waiting' | 'applied' | 'behind'
  readonly nodes: readonly NodeCounters[]
  readonly pins: readonly PinCount[]
  /** Packets of clients for which there was no room among the pins, since the table was made; null while there is none. */
  readonly unpinnedPackets: number | null
  /** `applied`, `refused`, `restored`: transactions since the start. */
  readonly counters: Readonly<Record<string, number>>
  readonly warnings: readonly string[]
}

export type FastPathControl = {
  describe(): Promise<FastPathStatus>
  /** Where a client's next connection goes, in kernel mode. */
  which(client: string): Promise<ClientRoute>
  /** At most `limit` of the pins. */
  clients(limit: number): Promise<readonly ClientRoute[]>
}
