import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type {
  CancelTimer,
  SendTo,
  StartTimer,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import type { InterfaceTruth, KernelEvent } from '../../runtime/ports/netlink/kernel-events.ts'
import type { Result } from '../../runtime/ports/result.ts'
import type { AddressFamily } from '../../runtime/wire/ip-address-bytes.ts'
import type { AnnouncerHint, AnnouncerName } from '../announcer/messages.ts'
import type { DeviceMessage } from '../discovery/messages.ts'
import type { ElectorName, TrackMessage, TrackSource } from '../elector/messages.ts'
import type { InterfaceHint, SpokenForMessage } from '../fast-path/messages.ts'
import type { RawIpMessage } from '../raw-ip/messages.ts'
import type { OwnAddresses, WatcherMessage, WatcherStatus } from './messages.ts'

/** Every elector and announcer of the node, by their names, the raw sockets, and who goes by the MAC of the interface. */
export type WatcherPeers = {
  readonly 'raw-ip': RawIpMessage
  readonly discovery: DeviceMessage
  readonly 'fast-path': InterfaceHint | SpokenForMessage
  readonly [elector: ElectorName]: TrackMessage
  readonly [announcer: AnnouncerName]: AnnouncerHint
}

export interface WatcherOptions {
  readonly interfaceName: string
  /** This node's own address: what it asks from. */
  readonly managementIp: string
  /** It is the one that the configuration names: no other is taken in its place. */
  readonly isManagementIpNamed: boolean
  /** The same for IPv6; null where no virtual IP is of it. */
  readonly linkLocalAddress: string | null
  readonly virtualIps: readonly string[]
  /** Of the longest advert of any virtual router, its IP header included. */
  readonly advertBytes: number
  readonly virtualRouterIds: readonly number[]
  readonly trackGateway: boolean
  readonly electors: readonly ElectorName[]
  /** Those of them that elect over IPv6. */
  readonly ipv6Electors: readonly ElectorName[]
  readonly announcers: readonly AnnouncerName[]
}

/** `read`: the next look at the kernel's truth, which came too soon. `tick`: once a second. */
export type WatcherTimer = 'read' | 'tick'

export type WatcherEvent =
  | { readonly type: 'start' }
  | { readonly type: 'kernel'; readonly event: KernelEvent }
  /** The answer to `read`. */
  | { readonly type: 'truth'; readonly truth: Result<InterfaceTruth> }
  | { readonly type: 'message'; readonly from: string; readonly message: WatcherMessage }
  | { readonly type: 'neighboursRefused'; readonly reason: string }
  | { readonly type: 'peerUp'; readonly peer: string }
  | { readonly type: 'peerDown'; readonly peer: string }
  | TimerExpired<WatcherTimer>
  /** The options are these from now on. */
  | { readonly type: 'configured'; readonly options: WatcherOptions }
  | { readonly type: 'stop' }

export type WatcherEffect =
  | StartTimer<WatcherTimer>
  | CancelTimer<WatcherTimer>
  | WriteLog
  | SendTo<WatcherPeers>
  | { readonly type: 'read' }
  /** The gateway is to go by these addresses. */
  | { readonly type: 'relocate'; readonly own: OwnAddresses }
  | { readonly type: 'watchNeighbours'; readonly interfaceIndex: number; readonly families: readonly AddressFamily[] }
  /** Gratuitous ARP, or for IPv6 an unsolicited advertisement, for an address of the node's own. */
  | { readonly type: 'announce'; readonly interfaceIndex: number; readonly mac: string; readonly address: string }
  | {
      readonly type: 'ask'
      readonly interfaceIndex: number
      readonly mac: string
      /** Of the target's family. 0.0.0.0 = a probe (RFC 5227 §2.1.1). */
      readonly sender: string
      readonly target: string
    }

/** Who answers for a virtual IP without being a VRRP master. */
export interface Occupant {
  readonly mac: string
  /** Rounds of probing in which it answered, and those since its last answer. */
  readonly answers: number
  readonly silentRounds: number
}

/** The director of one of the virtual routers, another node. */
interface Master {
  readonly address: string
  readonly virtualIps: readonly string[]
}

/** Somebody announces a virtual IP that this node holds. */
interface Claim {
  readonly mac: string
  /** When it was announced first and last. */
  readonly sinceMs: number
  readonly atMs: number
  /** Spoken for a while after it was announced, and still held here: neither our successor nor a second master of a moment. */
  readonly isCertain: boolean
  /** When the address was announced anew for it last; -Infinity: it was not yet. */
  readonly answeredAtMs: number
}

export interface WatcherState {
  readonly options: WatcherOptions
  readonly peersUp: ReadonlySet<string>
  /** Null until it was read for the first time. */
  readonly truth: InterfaceTruth | null
  readonly readFailure: string | null
  readonly readAtMs: number
  /** The next look is because of an event: who acts on the truth shall look too, even if it is as it was. */
  readonly isHinted: boolean
  readonly timers: ReadonlySet<WatcherTimer>
  /** Seconds since start. */
  readonly ticks: number
  /** Times that the node's own addresses are to be announced yet, once a second. */
  readonly announcementsLeft: number
  /** ARP requests to the default gateway since its last sign of life. */
  readonly gatewayUnanswered: number
  /** As the electors were told last. */
  readonly tracks: ReadonlyMap<ElectorName, Readonly<Partial<Record<TrackSource, TrackMessage>>>>
  /** Since when an address that this node's packets leave from is not there; null: all are. */
  readonly missingSinceMs: number | null
  /** Other addresses were asked to be gone by, and are not yet. */
  readonly isRelocating: boolean
  /** The master that each elector hears, and what virtual IPs it has, by the elector's name. */
  readonly masters: ReadonlyMap<string, Master>
  /** MAC by address of those that are or were masters: a dead one's kernel may still hold its addresses. */
  readonly masterMacs: ReadonlyMap<string, string>
  readonly occupants: ReadonlyMap<string, Occupant>
  /** Virtual IPs that were configured meanwhile, and how often each was asked for without an answer: an announcer waits for the outcome. */
  readonly added: ReadonlyMap<string, number>
  readonly claims: ReadonlyMap<string, Claim>
  /** Index of the virtual IP that is probed next. */
  readonly nextProbe: number
  readonly counters: Readonly<Record<string, number>>
}

/** The state before `start`. */
export function initialWatcher(options: WatcherOptions): WatcherState {
  return {
    options,
    peersUp: new Set(),
    truth: null,
    readFailure: null,
    readAtMs: Number.NEGATIVE_INFINITY,
    isHinted: false,
    timers: new Set(),
    ticks: 0,
    announcementsLeft: 0,
    gatewayUnanswered: 0,
    tracks: new Map(),
    missingSinceMs: null,
    isRelocating: false,
    masters: new Map(),
    masterMacs: new Map(),
    occupants: new Map(),
    added: new Map(),
    claims: new Map(),
    nextProbe: 0,
    counters: {},
  }
}

/** For how long a claim is told of after it was seen last: its host is asked every five seconds, and frames get lost. */
export const CLAIM_LIFE_MS = 20_000
/**
 * Rounds of probing, 2 s at first, after which an occupant is more than a master that this thread was not told of yet. A node
 * does not take over sooner after its start: it settles first, and at adverts of 1 s the silence alone takes longer.
 */
export const CERTAIN_ANSWERS = 3

/** `up`, `down`, `absent` or `unknown`. */
export function labelOf({ truth }: WatcherState): string {
  if (truth === null) return 'unknown'
  if (truth.link === null) return 'absent'
  return truth.link.up ? 'up' : 'down'
}

/** What is said of somebody who answers for a virtual IP. */
export const occupiedText = (address: string, mac: string): string =>
  `${address} is held by ${mac}, which is no VRRP master: it would not be added here`

/** What is said of somebody who announces what is held here. */
export const claimedText = (address: string, mac: string): string =>
  `${address} is held here, and ${mac} announces it as well`

/** What is said of an interface that does not carry our adverts in one piece; null: it does. */
export function mtuText({ interfaceName, advertBytes }: WatcherOptions, truth: InterfaceTruth | null): string | null {
  const mtu = truth?.link?.mtu ?? Number.POSITIVE_INFINITY
  if (advertBytes <= mtu) return null
  return `${interfaceName} carries ${mtu} bytes (its MTU), and the adverts of this node have ${advertBytes}: they are cut or not sent at all; raise it, or configure fewer virtual IPs an instance`
}

/** The answer to `describe()`. */
export function describeWatcher(state: WatcherState, nowMs: number): WatcherStatus {
  const { truth, occupants, claims, counters, readFailure } = state
  const certain = [...occupants].filter(([, { answers }]) => answers >= CERTAIN_ANSWERS)
  const { interfaceName } = state.options
  const mtu = mtuText(state.options, truth)
  const warnings = [
    ...(mtu === null ? [] : [warning('mtu-too-small', interfaceName, mtu)]),
    ...(readFailure === null
      ? []
      : [warning('interface-unreadable', interfaceName, `the interface cannot be read: ${readFailure}`)]),
    ...certain.map(([address, { mac }]) => warning('vip-held-by-stranger', address, occupiedText(address, mac))),
    ...[...claims]
      .filter(([, { atMs, isCertain }]) => isCertain && nowMs - atMs < CLAIM_LIFE_MS)
      .map(([address, { mac }]) => warning('vip-announced-by-stranger', address, claimedText(address, mac))),
  ]
  return {
    link: truth?.link ?? null,
    occupied: [...occupants].map(([address, { mac }]) => ({ address, mac })),
    counters,
    warnings,
  }
}
