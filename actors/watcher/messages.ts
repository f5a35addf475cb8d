import type { AnnouncerHint, AnnouncerName } from '../announcer/messages.ts'
import type { ElectorName, RoleMessage, TrackMessage } from '../elector/messages.ts'
import type { RawIpMessage } from '../raw-ip/messages.ts'

/** What the watcher takes, from each elector: who is director now is no stranger. */
export type WatcherMessage = RoleMessage

/** Every elector and announcer of the node, by their names, and the raw sockets. */
export type WatcherPeers = {
  readonly 'raw-ip': RawIpMessage
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

export type WatcherControl = { describe(): WatcherStatus }
