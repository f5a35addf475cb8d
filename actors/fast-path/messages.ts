import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { ClientsOfMessage, HoldersOfMessage } from '../discovery/messages.ts'
import type { ClientRoute, ClientsPart } from '../dispatcher/messages.ts'
import type { RoleMessage } from '../elector/messages.ts'
import type { Holder } from './holders.ts'

/** A node as the dispatcher knows it. */
export interface ForwardingNode {
  /** Management IP. */
  readonly address: string
  /** 1..64: its row in the connection table + 1. What is no node of the table has a number that no row needs. */
  readonly mark: number
  /** Lower-case, colon-separated. */
  readonly mac: string
  readonly self: boolean
  /** Gets SYNs: neither stale, nor in failure, nor draining (but where it has to serve all the same). */
  readonly takesNew: boolean
  /** Its gateway is heard, and tells which clients have to stay there. */
  readonly speaks: boolean
  /** What is open there is left alone; false: it is to be reset. */
  readonly keeps: boolean
  /** Its gateway was stopped in order, its host goes on: it keeps what is open there. */
  readonly left: boolean
  /** Not heard for so long that what it has said last counts no more: its host is asked. */
  readonly gone: boolean
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
  /** Clients whose new connections go to a certain node, by its mark. At most 256. */
  readonly tied: readonly { readonly client: string; readonly mark: number }[]
}

/** From the watcher: the interface is another one, or has another MAC. */
export interface InterfaceHint {
  readonly type: 'interfaceChanged'
}

/** From the watcher: who has that MAC was heard to speak for a virtual IP. */
export interface SpokenForMessage {
  readonly type: 'spokenFor'
  readonly address: string
  readonly mac: string
}

/** What the machine goes by. */
export type FastPathOrder = RoleMessage | ForwardingMessage | ClientsOfMessage | InterfaceHint | SpokenForMessage

export type FastPathMessage = FastPathOrder | HoldersOfMessage

export type { Holder }

/** What this host, as director, has sent to a node. */
export interface NodeCounters {
  readonly address: string
  /** Since its table was made. */
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
  /** Who has most connections, by the nodes' word; null while none has said anything. */
  readonly holders: readonly Holder[] | null
  /** `applied`, `refused`, `restored`: transactions since the start. */
  readonly counters: Readonly<Record<string, number>>
  readonly warnings: readonly Warning[]
}

export type FastPathControl = {
  describe(): Promise<FastPathStatus>
  /** Where a client's next connection goes, in kernel mode. */
  which(client: string): Promise<ClientRoute>
  /** Some of those that have pins, as the dispatcher has it; a part without any that leads to itself: they are still being read. */
  clients(from: number, skip: number, take: number): Promise<ClientsPart>
}
