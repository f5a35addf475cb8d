import type { AnnouncerHint, AnnouncerName } from '../announcer/messages.ts'
import type { DeviceMessage } from '../discovery/messages.ts'
import type { ElectorName, RoleMessage, TrackMessage } from '../elector/messages.ts'
import type { InterfaceHint, SpokenForMessage } from '../fast-path/messages.ts'
import type { RawIpMessage } from '../raw-ip/messages.ts'

/** What the watcher takes, from each elector: who is director now is no stranger. */
export type WatcherMessage = RoleMessage

/** Every elector and announcer of the node, by their names, the raw sockets, and who goes by the MAC of the interface. */
export type WatcherPeers = {
  readonly 'raw-ip': RawIpMessage
  readonly discovery: DeviceMessage
  readonly 'fast-path': InterfaceHint | SpokenForMessage
  readonly [elector: ElectorName]: TrackMessage
  readonly [announcer: AnnouncerName]: AnnouncerHint
}

/** `describe()` of the watcher's control. */
export interface WatcherStatus {
  /** Null: there is no such interface, or it was not read yet. */
  readonly link: { readonly index: number; readonly mac: string; readonly up: boolean } | null
  /** Virtual IPs that somebody answers for who is no VRRP master. */
  readonly occupied: readonly { readonly address: string; readonly mac: string }[]
  readonly counters: Readonly<Record<string, number>>
  readonly warnings: readonly string[]
}

/** The node's own addresses on its interface. */
export interface OwnAddresses {
  /** IPv4. */
  readonly managementIp: string
  readonly managementPrefixLength: number
  /** Of IPv6; null where no instance is of it. */
  readonly linkLocalAddress: string | null
}

/** What the supervisor lets the watcher order. */
export type Relocation = {
  /** The interface has other addresses than the gateway goes by: go by these. */
  relocate(own: OwnAddresses): void
}

export type WatcherControl = { describe(): WatcherStatus }
