import type { Histogram } from '../../runtime/actor-system/inspection/histogram.ts'
import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { AnnouncerReport } from '../announcer/messages.ts'
import type { RawIpDelivery, SocketsReopened } from '../raw-ip/messages.ts'

/** Name of an elector in the system: each virtual router has one. */
export type ElectorName = `elector${string}`

export type Role = 'initializing' | 'scanning' | 'director'

/** Sent by the elector to discovery, dispatcher, watcher, and forwarder or fast path, at every change, and whenever one of them (re)starts. */
export interface RoleMessage {
  readonly type: 'role'
  /** Name of the virtual router that it is about: a node may be director of one and not of another (`foldRoles`). */
  readonly instance: string
  /** Those of the instance, as configured. */
  readonly virtualIps: readonly string[]
  readonly role: Role
  /** Primary address of the director as last heard; our own when we are it; null while nobody is known. */
  readonly masterAddress: string | null
  readonly masterPriority: number | null
  /** Of a director: who led before has fallen silent, rather than given way. */
  readonly afterSilence?: true
}

/**
 * What the priority may depend on: the interface is up, all proxy ports listen, the default gateway answers. `address`: the interface has
 * the address that this node's packets leave from, without which it takes no part, whatever is configured.
 */
export type TrackSource = 'interface' | 'address' | 'portMonitor' | 'gateway' | ScriptSource

/** One of the operator's scripts, by its name. */
type ScriptSource = `script:${string}`

/** From the watcher and the port monitor, at every change and whenever the elector (re)starts. */
export interface TrackMessage {
  readonly type: 'track'
  readonly source: TrackSource
  readonly state: 'ok' | 'failed'
  /** What has failed, for people. */
  readonly reason: string | null
}

/** To every elector: the present assignment is here, whenever it came from another node, and when one of both (re)starts. */
export interface CaughtUpMessage {
  readonly type: 'caughtUp'
}

export type ElectorMessage = SocketsReopened | RawIpDelivery | AnnouncerReport | TrackMessage | CaughtUpMessage

/** What all routers of a virtual router must have in common. */
export type SettingOfRouter = 'version' | 'authentication' | 'interval' | 'virtualIps'

/** Somebody who uses our VRID with other settings: another virtual router, or a node that is set up otherwise. */
export interface ForeignRouter {
  readonly address: string
  readonly version: 2 | 3
  readonly priority: number
  readonly advertIntervalMs: number
  readonly authenticated: boolean
  readonly virtualIps: readonly string[]
  readonly differs: readonly SettingOfRouter[]
  /** An age. */
  readonly lastHeardMs: number
}

/** A second master, which has to give way to this one and does not. */
export interface Rival {
  readonly address: string
  readonly priority: number
  /** Heard of it without a longer silence, over `forMs`. */
  readonly adverts: number
  readonly forMs: number
  /** An age. */
  readonly lastHeardMs: number
}

/** How the last hand-over that an operator asked for went. */
export type HandOver =
  | { readonly outcome: 'underWay' }
  /** `afterMs`: from the priority 0 to the first advert of the one who followed. */
  | { readonly outcome: 'taken'; readonly by: string; readonly priority: number; readonly afterMs: number }
  | { readonly outcome: 'nobody'; readonly afterMs: number }

/**
 * Something that is tracked. `effect` of its failure: no part in the election, or a change of the priority (-253..-1). One of 1..253, of a
 * script, is added while that is well.
 */
export interface Tracked extends Omit<TrackMessage, 'type'> {
  readonly effect: 'fault' | number
}

/** What a node says of its virtual router, here and in the gateway's status. */
export interface VrrpStatus {
  readonly state: 'INIT' | 'BACKUP' | 'MASTER' | 'FAULT'
  /** For how long it has been in that state; null where the elector has not said. */
  readonly stateForMs: number | null
  readonly version: 2 | 3
  readonly virtualRouterId: number
  /** As configured. */
  readonly priority: number
  /** What adverts say: less than configured while something tracked has failed. */
  readonly effectivePriority: number
  readonly tracking: readonly Tracked[]
  readonly advertIntervalMs: number
  readonly masterIp: string | null
  readonly masterPriority: number | null
  /** How often this node became or ceased to be master since start. */
  readonly transitions: number
  /** Has stepped down: leaves even a director of lower priority alone, until that falls silent or steps down itself. */
  readonly yielding: boolean
  /** How long this node, just started, may yet leave a director of lower priority alone; null where it does not. */
  readonly holdOffMs: number | null
  /** Null: none was asked for since start. */
  readonly handOver: HandOver | null
  /** At most 8, heard within the last minute. */
  readonly rivals: readonly Rival[]
  /** At most 8, heard within the last minute. */
  readonly foreignRouters: readonly ForeignRouter[]
  /** VRIDs of other virtual routers, heard within the last five minutes. */
  readonly vridsHeard: readonly number[]
  /** Since the elector started; `discarded.<reason>` are adverts that were not taken. */
  readonly counters: Readonly<Record<string, number>>
}

/** How long it took, in ms. */
export interface Timings {
  /** From the decision to lead to the addresses on the interface. */
  readonly takeover: Histogram
  /** Of each advert of a director that is sent by its timer: after it was due. */
  readonly advertLateness: Histogram
}

/** `describe()` of the elector's control. */
export interface ElectorStatus extends VrrpStatus {
  readonly timings: Timings
  readonly role: Role
  readonly warnings: readonly Warning[]
}

export type ElectorControl = {
  describe(): ElectorStatus
  /** Begins to hand over (priority 0); `handOver` of the status says how that goes. False when this node is not the director. */
  stepDown(): boolean
}

/** What a node is by all its instances together. */
export interface NodeRole {
  /** Director of any instance; else scanning, once one of them is. */
  readonly role: Role
  /** The virtual IPs that it leads. */
  readonly virtualIps: readonly string[]
}

/** Folds what the electors said last, by instance, into one role of the node. */
export function foldRoles(roles: ReadonlyMap<string, Pick<RoleMessage, 'role' | 'virtualIps'>>): NodeRole {
  const said = [...roles.values()]
  const led = said.filter(({ role }) => role === 'director')
  const role = led.length > 0 ? 'director' : said.some((one) => one.role === 'scanning') ? 'scanning' : 'initializing'
  return { role, virtualIps: led.flatMap(({ virtualIps }) => virtualIps) }
}

/** What is told of two nodes of one priority, by whom ever it is found: at the elector by adverts, at discovery by beacons. */
export const samePriorityText = (other: string, priority: number): string =>
  `${other} has the same priority as this node, ${priority}: the higher address wins`
