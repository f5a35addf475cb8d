import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { SendTo, StartTimer, TimerExpired, WriteLog } from '../../runtime/actor-system/machine/machine.ts'
import { MAX_NODES, SLOT_COUNT } from '../../runtime/table/layout.ts'
import type { NodeSetting } from '../../runtime/table/node-rows.ts'
import type { TableTie } from '../../runtime/table/tied-entries.ts'
import type { Member, NodeMac, PublishMessage, TrafficMessage } from '../discovery/messages.ts'
import type { RoleMessage } from '../elector/messages.ts'
import { foldRoles } from '../elector/messages.ts'
import type { ForwardingMessage } from '../fast-path/messages.ts'
import type { DispatcherMessage } from './messages.ts'
import { adoptBalance, type Balance, type PolicyRules } from './policy.ts'
import type { PortTry, Reach, TryNode } from './reach.ts'
import type { Slots } from './slots.ts'
import { adoptedTies, type Ties } from './ties.ts'

export type DispatcherPeers = {
  readonly discovery: PublishMessage | TrafficMessage
  readonly 'fast-path': ForwardingMessage
}

/** What the dispatcher's decisions depend on. */
export interface DispatcherRules extends PolicyRules {
  readonly managementIp: string
  /** How long an owner of slots that the membership does not name keeps them. */
  readonly absenceGraceMs: number
  /** A client without connections is forgotten after that many seconds. */
  readonly clientIdleS: number
  /** Kernel mode: the fast path is told what the table says. */
  readonly tellsFastPath: boolean
  /** The proxy port of each redirect, where a port that fails takes a node out for itself alone; else empty. */
  readonly portsByRedirect: readonly number[]
  /** Connections to a node that fails or is not heard any more are reset; else they are left alone. */
  readonly resetsOnFailure: boolean
  /** Proxy ports, each once, that the other nodes are tried at; none = nobody is tried. */
  readonly triedPorts: readonly number[]
}

/** What the connection table held when this dispatcher started: it outlives us. */
export interface AdoptedTable {
  /** By table index; null where no node is. */
  readonly nodes: readonly (NodeSetting | null)[]
  readonly slots: Slots
  readonly generation: number
  /** By client: the table index of the node that it is tied to. */
  readonly tied: readonly TableTie[]
}

export interface DispatcherState {
  readonly rules: DispatcherRules
  /** As the electors said last, by instance. */
  readonly roles: ReadonlyMap<string, RoleMessage>
  /** Management IP of the director that assigns, as discovery said last; null until it has, and while there is none. */
  readonly assigner: string | null
  /** As discovery said last; empty until it has. */
  readonly members: readonly Member[]
  /** Of all other nodes, as discovery said last. */
  readonly macs: readonly NodeMac[]
  /** The table's rows as written last; the index of a node is this node's own affair. */
  readonly rows: readonly (NodeSetting | null)[]
  readonly slots: Slots
  readonly generation: number
  /** Clients that an operator has tied to a node: the node's management IP, by client. At most 256. */
  readonly tied: Ties
  /** Of the nodes that may own slots, by address: what the table has, 0..256, the largest 256. */
  readonly weights: ReadonlyMap<string, number>
  /** Owners of slots that the membership does not name: since when. */
  readonly absentSinceMs: ReadonlyMap<string, number>
  readonly balance: Balance
  /** When each slot's owner changed, as far as this dispatcher has seen it; -Infinity: before. */
  readonly movedAtMs: Float64Array
  /** Whose proxies do not answer this node; of a director that assigns. */
  readonly reach: Reach
  readonly warnings: readonly Warning[]
}

export type DispatcherEvent =
  | DispatcherMessage
  | TimerExpired<'sweep'>
  | { readonly type: 'start' }
  /** What came of `tryNode`. */
  | { readonly type: 'tried'; readonly address: string; readonly tries: readonly PortTry[] }
  /** Discovery (re)started and has no assignment. */
  | { readonly type: 'discoveryUp' }
  /** The fast path (re)started and knows nothing. */
  | { readonly type: 'fastPathUp' }
  /** A client's new connections go to that node from now on; null: as anybody's. */
  | { readonly type: 'tie'; readonly client: string; readonly node: string | null }
  /** The operator wants it otherwise from now on. */
  | { readonly type: 'configured'; readonly rules: DispatcherRules }

export type DispatcherEffect =
  | { readonly type: 'writeNode'; readonly index: number; readonly node: NodeSetting }
  | { readonly type: 'writeSlots'; readonly slots: Slots; readonly generation: number }
  | { readonly type: 'writeTied'; readonly tied: readonly TableTie[] }
  /** Forget the clients that were idle for too long. */
  | { readonly type: 'sweep'; readonly idleS: number }
  | TryNode
  | StartTimer<'sweep'>
  | WriteLog
  | SendTo<DispatcherPeers>

export interface Progress {
  readonly state: DispatcherState
  readonly effects: readonly DispatcherEffect[]
}

export function initialState(rules: DispatcherRules, adopted: AdoptedTable): DispatcherState {
  const rows = Array.from({ length: MAX_NODES }, (_, index) => adopted.nodes[index] ?? null)
  const weighted = rows.filter((row) => row !== null && row.weight > 0) as readonly NodeSetting[]
  return {
    rules,
    roles: new Map(),
    assigner: null,
    members: [],
    macs: [],
    rows,
    slots: adopted.slots,
    generation: adopted.generation,
    tied: adoptedTies(rows, adopted.tied),
    weights: new Map(weighted.map((row) => [row.address, row.weight])),
    absentSinceMs: new Map(),
    balance: adoptBalance(new Map(), 0),
    movedAtMs: new Float64Array(SLOT_COUNT).fill(Number.NEGATIVE_INFINITY),
    reach: new Map(),
    warnings: [],
  }
}

/**
 * Whether this node decides which node owns which slot: it is director of an instance, and discovery names no other director
 * that assigns.
 */
export const isAssigning = ({ rules, roles, assigner }: DispatcherState): boolean =>
  foldRoles(roles).role === 'director' && (assigner === null || assigner === rules.managementIp)

export const indexOfAddress = (state: DispatcherState, address: string): number =>
  state.rows.findIndex((row) => row?.address === address)
