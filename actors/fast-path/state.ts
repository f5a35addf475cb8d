import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'
import type {
  CancelTimer,
  SendTo,
  StartTimer,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import type { NetworkInterface } from '../../runtime/ports/netlink/netlink.ts'
import type { Result } from '../../runtime/ports/result.ts'
import { SLOT_COUNT } from '../../runtime/table/layout.ts'
import type { ClientConnection, ConnectedClient } from '../../runtime/wire/beacon/clients.ts'
import type { AnnouncerName, ForwardedMessage } from '../announcer/messages.ts'
import type { ClientsMessage, ServingMessage, TrafficMessage } from '../discovery/messages.ts'
import type { RoleMessage } from '../elector/messages.ts'
import type { FastPathOrder, ForwardingMessage } from './messages.ts'
import type { Numbering } from './numbering.ts'
import { type ContinuedPort, firstPorts } from './ruleset/continued-ports.ts'
import type { KeptMaps, KnownConnection, Pin, Ruleset, RulesetRange, RulesetRedirect } from './ruleset/ruleset-types.ts'

export type FastPathPeers = {
  readonly discovery: ClientsMessage | ServingMessage | TrafficMessage
  readonly [announcer: AnnouncerName]: ForwardedMessage
}

/** What the ruleset depends on beside the group. */
export interface FastPathSettings {
  readonly interfaceName: string
  readonly managementIp: string
  /** At least one. */
  readonly virtualIps: readonly string[]
  readonly redirects: readonly RulesetRedirect[]
  /** Ports that keep their number, 1024 at most. */
  readonly portRanges?: readonly RulesetRange[]
  /** A client without a packet for so long is forgotten. */
  readonly pinTimeoutS: number
  /** Most pins of each family. */
  readonly tableSize: number
  /** For so long after an advert has left this host answers ARP for a virtual IP that it holds. */
  readonly fencedAfterMs: number
  /** The monitor finds a proxy gone before its client's TCP has tried often: until then no SYN to it is answered, instead of by RST. */
  readonly hidesUnlistened: boolean
  /**
   * Subnets of virtual IPs that this node has no address in: a node that is not director has no route to their clients by itself, and its
   * answers would leave by another way, or not at all.
   */
  readonly answerRoutes?: readonly Subnet[]
}

export interface Subnet {
  /** Its first address. */
  readonly address: string
  readonly prefixLength: number
}

/** As something outlives a process: marks are numbered anew, MACs are not. */
type Adopted<Marked extends { readonly mark: number }> = Omit<Marked, 'mark'> & { readonly mac: string }

/** What was found of tables that somebody with our name made before: a predecessor, or this actor itself. */
export interface FoundTables {
  /** Whether there is a table at all. */
  readonly present: boolean
  /** Virtual IPs that they forward as a director does. */
  readonly directed: readonly string[]
  readonly pins: readonly Adopted<Pin>[]
  readonly connections: readonly Adopted<KnownConnection>[]
  /** The maps can go on as they are: then there are neither pins nor connections above. */
  readonly kept?: KeptMaps
  /** Pins that there are beside those above: too many to be written anew. */
  readonly beyond?: number
}

export const NOTHING_FOUND: FoundTables = { present: false, directed: [], pins: [], connections: [] }

/** What a look at the kernel came to. */
export interface Look {
  /** Of the whole ruleset, whoever changed it. */
  readonly generation: Result<number>
  readonly device: Result<NetworkInterface>
  /** Virtual IPs that the loopback interface does not have. */
  readonly missing: readonly string[]
  /** MACs of those that were asked for, as far as the kernel knows them, by address. */
  readonly neighbours: ReadonlyMap<string, string>
  /** Of those that were probed, who did not answer. */
  readonly silent: readonly string[]
}

/**
 * `look`: once a second; `retry`: after a refusal; `patience`: how long a predecessor's table is left as it is; `askAgain`, `settle`:
 * after slots have moved; `hearing`: after this host has become director; `givingWay`: after it has ceased to be; `leaving`: at an ordered
 * stop, until new clients go elsewhere.
 */
export type FastPathTimer = 'look' | 'retry' | 'patience' | 'askAgain' | 'settle' | 'hearing' | 'givingWay' | 'leaving'

export type FastPathEvent =
  | FastPathOrder
  | TimerExpired<FastPathTimer>
  | { readonly type: 'start' }
  | { readonly type: 'discoveryUp' }
  /** The answer to `findTables`. */
  | { readonly type: 'tablesFound'; readonly found: Result<FoundTables> }
  /** The answer to `apply`. */
  | { readonly type: 'applied'; readonly result: Result }
  /** The answer to `look`. */
  | { readonly type: 'looked'; readonly look: Look }
  /** The answer to `outline`; the generation is from before it was read. */
  | { readonly type: 'outlined'; readonly generation: number; readonly outline: Result<string> }
  /** The answer to `readClients`: who has connections to this host's proxies over a virtual IP. */
  | { readonly type: 'clientsRead'; readonly clients: Result<readonly ConnectedClient[]> }
  /** The answer to `addPins`. */
  | { readonly type: 'pinsAdded'; readonly result: Result }
  /** The answer to `remove`. */
  | { readonly type: 'removed'; readonly result: Result }
  /** The answer to `putAddresses`. */
  | { readonly type: 'addressesPut'; readonly refusals: readonly string[] }
  /** The settings are these from now on. */
  | { readonly type: 'configured'; readonly settings: FastPathSettings }
  /** Ordered shutdown. */
  | { readonly type: 'stop' }

/** What only the shell can do. Whatever takes a process (`findTables`, `apply`, `outline`, `remove`) is one at a time. */
export type FastPathEffect =
  | StartTimer<FastPathTimer>
  | CancelTimer<FastPathTimer>
  | WriteLog
  /** `inPlace`: what is remembered may stay where it is. */
  | { readonly type: 'findTables'; readonly inPlace: boolean }
  | { readonly type: 'apply'; readonly script: string }
  | { readonly type: 'outline' }
  /** `neighbours`: addresses whose MAC is asked for, too; `probed`: who is asked by ARP whether it lives. */
  | { readonly type: 'look'; readonly neighbours: readonly string[]; readonly probed: readonly ProbedNode[] }
  /** Virtual IPs on the loopback interface, for ever. */
  | { readonly type: 'putAddresses'; readonly addresses: readonly string[] }
  /** Off it again. */
  | { readonly type: 'removeAddresses'; readonly addresses: readonly string[] }
  /** Routes to subnets in which there is no virtual IP any more. */
  | { readonly type: 'removeAnswerRoutes'; readonly answerRoutes: readonly Subnet[] }
  /** Of clients, to these ports of this host's proxies at these addresses: both ends are told. */
  | {
      readonly type: 'resetConnections'
      readonly ports: readonly number[]
      readonly addresses: readonly string[]
    }
  | { readonly type: 'readClients' }
  /** Clients that have to stay by their node's word, in the place of those before; one that is pinned by its packets goes by that. */
  | { readonly type: 'addPins'; readonly pins: readonly Pin[]; readonly connections: readonly KnownConnection[] }
  | SendTo<Pick<FastPathPeers, 'discovery'>>
  /** The announcers shall know. */
  | ({ readonly type: 'tellForwarded' } & Forwarded)
  /** Our tables and the addresses on the loopback interface. */
  | { readonly type: 'remove' }
  | { readonly type: 'retired' }

/** A node that is not heard: whether its host lives. */
export interface ProbedNode {
  readonly address: string
  readonly mac: string
  /** For the first time since it fell silent. */
  readonly anew: boolean
}

/** A client at a node, as that says. */
interface StayingClient {
  /** When the node has heard it last, by the clock of this host. */
  readonly heardAtMs: number
  readonly connections: readonly ClientConnection[]
}

/** What a node says of its clients. */
interface Staying {
  /** Of all of them. */
  readonly all: boolean
  readonly clients: ReadonlyMap<string, StayingClient>
}

/** What the kernel does for us at this moment, if anything. */
type Errand =
  | { readonly kind: 'none' }
  | { readonly kind: 'finding' }
  | { readonly kind: 'applying'; readonly ruleset: Ruleset }
  | { readonly kind: 'outlining'; readonly baseline: boolean }
  | { readonly kind: 'pinning' }
  /** Of the sockets, which answer within the turn. */
  | { readonly kind: 'reading' }
  | { readonly kind: 'retiring' }

/** As the announcers take it. */
type Forwarded = Omit<ForwardedMessage, 'type'>

/** The interface as it was when last looked at. */
interface Device {
  readonly index: number
  readonly mac: string
}

/** What is waited for. */
interface Hearing {
  /** Who was director before; null: nobody, or nobody knows. */
  readonly former: string | null
  /** Nodes that have said who has to stay, by address. */
  readonly told: ReadonlySet<string>
  /** The former director is not waited for any more. */
  readonly extended: boolean
}

/** Of a virtual IP that this host led. */
export interface GivingWay {
  readonly speaksUntilMs: number
  /** Until then a segment of which nothing is known goes by its slot. */
  readonly guessesUntilMs: number
  readonly forwardsUntilMs: number
  /** Another node was heard to speak for it; null until then. */
  readonly announcedAtMs: number | null
}

/** `lent`: by a predecessor's tables; `leaving`: no more, as this process is being stopped. What a kernel once has, it keeps, whatever it refuses later. */
export type Serving = 'starting' | 'lent' | 'own' | 'leaving'

export interface FastPathState {
  readonly settings: FastPathSettings
  /** The original ports of its redirects, and of those that there were as long as something may be open by them. */
  readonly ports: readonly ContinuedPort[]
  /** Virtual IPs that were put on lo. */
  readonly onLoopback: readonly string[]
  /** As the electors said last, by instance. */
  readonly roles: ReadonlyMap<string, RoleMessage>
  /** Who led last where this host does not, by instance: also one that has fallen silent. */
  readonly lastMasters: ReadonlyMap<string, string>
  /** As the dispatcher said last; null until it has. */
  readonly group: ForwardingMessage | null
  /** How its nodes are numbered; null until it is known what is there. */
  readonly numbering: Numbering | null
  /** Null while the interface is not there. */
  readonly device: Device | null
  readonly errand: Errand
  /** MACs that other nodes had until lately, and how long frames from them are taken yet; at most 64. */
  readonly formerMacs: ReadonlyMap<string, number>
  /** What our tables hold; null where nobody knows, so that they have to be read before they are replaced. */
  readonly applied: Ruleset | null
  /** As our tables had them last, but for moves that were missed: what is a move, and what goes on by them while `applied` is null. */
  readonly slotsInForce: Uint8Array | null
  /** Read from the tables, to go into the next whole ruleset; null where they were not read. */
  readonly found: FoundTables | null
  /** A predecessor's table is replaced only when there is something to replace it by. */
  readonly patient: boolean
  /** What somebody else would have to change in our tables; null until it was read. */
  readonly outline: string | null
  readonly generation: number | null
  /** Clients that are to stay with a node although their slot is another's: as each node said last, by its address. */
  readonly staying: ReadonlyMap<string, Staying>
  /** All were told that no client has to stay here. */
  readonly saidNobody: boolean
  /** They are told once more, a second after the slots have moved, or the director is another. */
  readonly saysTwice: boolean
  /** They are to be pinned, if this host is director. */
  readonly pinsDue: boolean
  /** Null unless this host has just become director. */
  readonly hearing: Hearing | null
  /** Virtual IPs that this host led a moment ago. */
  readonly givingWay: ReadonlyMap<string, GivingWay>
  /** Who has said since then which clients have to stay, by address. */
  readonly givingWayTold: ReadonlySet<string>
  /** The time by which that was looked at last. */
  readonly givingWayAtMs: number
  /** Those that it led, or gave way with, when its ordered stop began and nobody was there to follow. */
  readonly leftBehind: readonly string[]
  /** Virtual IPs that may be announced, as the announcers know. */
  readonly forwarded: Forwarded
  /** Owners of slots that have moved a moment ago, as marks, 0 = it has not; null while none has. */
  readonly former: Uint8Array | null
  /** The last of those moves. */
  readonly movedAtMs: number
  /** As long as a pin after it. */
  readonly formerUntilMs: number
  /** Of those owners the ones that fell silent before they could say who has to stay there, and have not said it since; by address. */
  readonly mute: ReadonlySet<string>
  /** Until then clients of slots that have moved since are named for who may not know of it. */
  readonly retelling: { readonly sinceMs: number; readonly untilMs: number }
  /** When each slot came to its owner, as far as this host knows. */
  readonly slotsMovedAtMs: Float64Array
  /** Since when nodes are not heard, by address. */
  readonly awaySinceMs: ReadonlyMap<string, number>
  /** It has heard nobody, so that the next move it hears of may be an old one. */
  readonly missedMoves: boolean
  /** Nodes that are not heard, whose hosts are asked, by address; true: one does not answer either, what was open there is lost. */
  readonly probed: ReadonlyMap<string, boolean>
  /** Whether new clients may come, as discovery knows. */
  readonly serving: Serving
  /** Transactions refused in a row. */
  readonly refusals: number
  readonly stopping: boolean
  readonly timers: ReadonlySet<FastPathTimer>
  readonly counters: Readonly<Record<string, number>>
  /** What is wrong now, by what it is about. */
  readonly problems: ReadonlyMap<string, Warning>
}

export function initialFastPath(settings: FastPathSettings): FastPathState {
  return {
    settings,
    ports: firstPorts(settings.redirects),
    onLoopback: [],
    roles: new Map(),
    lastMasters: new Map(),
    group: null,
    numbering: null,
    device: null,
    errand: { kind: 'none' },
    formerMacs: new Map(),
    applied: null,
    slotsInForce: null,
    found: null,
    patient: true,
    outline: null,
    generation: null,
    staying: new Map(),
    saidNobody: false,
    saysTwice: false,
    pinsDue: false,
    hearing: null,
    givingWay: new Map(),
    givingWayTold: new Set(),
    givingWayAtMs: 0,
    leftBehind: [],
    forwarded: { virtualIps: [], ready: [] },
    former: null,
    movedAtMs: 0,
    formerUntilMs: 0,
    mute: new Set(),
    retelling: { sinceMs: 0, untilMs: 0 },
    slotsMovedAtMs: new Float64Array(SLOT_COUNT),
    awaySinceMs: new Map(),
    missedMoves: false,
    probed: new Map(),
    serving: 'starting',
    refusals: 0,
    stopping: false,
    timers: new Set(),
    counters: {},
    problems: new Map(),
  }
}

/** What an inspection event says of it. */
export const labelOf = (state: FastPathState): string =>
  state.stopping ? 'STOPPING' : state.applied === null ? 'WAITING' : 'APPLIED'
