import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'

/** What the announcer takes: from the elector, from the watcher, and from the fast path. */
export type AnnouncerMessage = AnnouncerOrder | AnnouncerHint | ForwardedMessage

export type AnnouncerOrder =
  /** A `hold` may follow within milliseconds: it shall meet a thread that is awake, and what was last read of the interface. */
  | { readonly type: 'makeReady' }
  /**
   * Hold the VIPs until the lease ends, and tell the subnet by gratuitous ARP. `succeeds`: a director that lives gives way, and serves clients
   * until they hear of this one.
   */
  | { readonly type: 'hold'; readonly leaseUntilMs: number; readonly succeeds?: boolean }
  /** An advert was seen to leave: the lease goes on. Ignored while nothing is held. */
  | { readonly type: 'renew'; readonly leaseUntilMs: number }
  | { readonly type: 'release' }
  /** The same, but somebody was heard who takes the addresses this moment: they stay until that one is sure to have said so. */
  | { readonly type: 'yield' }
  /** Gratuitous ARP again (a split has healed, or an operator asked). Ignored while nothing is held. */
  | { readonly type: 'announce' }

export type AnnouncerHint =
  /** Something is not as it was on the interface: look now. */
  | { readonly type: 'interfaceChanged' }
  /** Somebody who is no VRRP master answers for an address: it is not to be added; and no longer. Ignored if it is not ours. */
  | { readonly type: 'occupied'; readonly address: string; readonly mac: string }
  | { readonly type: 'vacant'; readonly address: string }
  /** Somebody else speaks for an address that is held here: announce it, once. Ignored if it is not held. */
  | { readonly type: 'contested'; readonly address: string }

/** From the fast path, at every change: of which VIPs this host is director in its kernel's rules. */
export interface ForwardedMessage {
  readonly type: 'forwarded'
  readonly virtualIps: readonly string[]
  /** Those of them for which it knows as much as a director before it. */
  readonly ready: readonly string[]
}

/** What it tells the elector. */
export type AnnouncerReport =
  | { readonly type: 'held' }
  | { readonly type: 'released' }
  /** The lease ended before it was renewed; the VIPs are already gone. */
  | { readonly type: 'leaseExpired' }
  | { readonly type: 'holdFailed'; readonly address: string; readonly reason: string }

/** Name of an announcer in the system: each virtual router has one. */
export type AnnouncerName = `announcer${string}`

/** `describe()` of the announcer's control. */
export interface AnnouncerStatus {
  readonly virtualIps: readonly { readonly address: string; readonly held: boolean }[]
  readonly gratuitousArpsSent: number
  readonly leaseExpiries: number
  readonly warnings: readonly Warning[]
}

export type AnnouncerControl = {
  describe(): AnnouncerStatus
  /** Gratuitous ARP again, as after a takeover; the addresses that it is sent for, none while nothing is held. */
  announce(): readonly string[]
}
