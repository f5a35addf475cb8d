import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { RoleMessage } from '../elector/messages.ts'

/** What the watcher takes, from each elector: who is director now is no stranger. */
export type WatcherMessage = RoleMessage

/** `describe()` of the watcher's control. */
export interface WatcherStatus {
  /** Null: there is no such interface, or it was not read yet. */
  readonly link: { readonly index: number; readonly mac: string; readonly up: boolean } | null
  /** Virtual IPs that somebody answers for who is no VRRP master. */
  readonly occupied: readonly { readonly address: string; readonly mac: string }[]
  readonly counters: Readonly<Record<string, number>>
  readonly warnings: readonly Warning[]
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
