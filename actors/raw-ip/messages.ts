import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { IpProtocol } from '../../runtime/ports/raw-ip/raw-ip.ts'

/** `confirm` asks for a `sent` or `sendFailed` with the same number. */
export interface SendMessage {
  readonly type: 'send'
  readonly protocol: IpProtocol
  readonly destination: string
  readonly payload: Uint8Array
  readonly confirm?: number
}

/**
 * By `request`: replies with a `Drained` once all packets that had arrived before were delivered, and those that arrive until
 * `untilMs`. If no packet for who asks came after the last one that it has `heard`, `whenSilent` is sent at once, unless that is later
 * than `beforeMs`. Times are monotonic.
 */
export interface DrainMessage {
  readonly type: 'drain'
  /** At most `DRAIN_AHEAD_MAX_MS` from now. */
  readonly untilMs: number
  readonly whenSilent: readonly SendMessage[]
  readonly beforeMs: number
  readonly heard: number
}

/** For so long the event loop turns idly at most. */
export const DRAIN_AHEAD_MAX_MS = 5

/** From discovery: the nodes whose beacons are wanted first. */
interface KnownNodesMessage {
  readonly type: 'knownNodes'
  /** Management IP and present epoch; at most 63. */
  readonly nodes: readonly { readonly address: string; readonly epoch: string }[]
}

/** What the raw-IP actor takes. */
export type RawIpMessage =
  | SendMessage
  | DrainMessage
  | KnownNodesMessage
  /**
   * The interface was made anew: sockets that are bound to the old one, and its group memberships, are of no more use. Or an address went
   * that packets are sent from, or is back: without it they stay closed.
   */
  | { readonly type: 'interfaceChanged' }

export interface PacketDelivery {
  readonly type: 'packet'
  readonly protocol: IpProtocol
  /** Of IPv4 the whole, header included. */
  readonly packet: Uint8Array
  readonly receivedAtMs: number
  /** Counts the packets for its receiver, those that were dropped as well. */
  readonly serial: number
}

/** What it sends to the actors of a protocol: electors (112), discovery (253). */
export type RawIpDelivery =
  | PacketDelivery
  /** The kernel took it, at `atMs` or a little later: a lease may be counted from there, also by one who learns it late. */
  | { readonly type: 'sent'; readonly confirm: number; readonly atMs: number }
  | { readonly type: 'sendFailed'; readonly confirm: number; readonly reason: string }

export interface Drained {
  readonly packets: number
  /** The sockets that adverts to whoever asks come through are closed: that none has come says nothing. */
  readonly deaf: boolean
  /** What was to be sent when nothing has arrived was given to the kernel; its confirmations follow. */
  readonly sent: boolean
}

/** Told to an elector: the sockets that adverts come through were closed, and are open from now on. */
export interface SocketsReopened {
  readonly type: 'socketsReopened'
}

/** Told to discovery, a few times a second while it goes on: beacons that may have been right were dropped, here or in the kernel. */
export interface BeaconsLost {
  readonly type: 'beaconsLost'
}

/** Counted since the actor started, for one IP protocol. */
export interface RawIpCounters {
  readonly received: number
  /** Not passed on: more arrived than its receiver can be asked to look at. */
  readonly dropped: number
  /** Not even received: the kernel's buffer was full. Since the sockets were opened. */
  readonly overflowed: number
  readonly sent: number
  readonly sendFailed: number
}

/** `describe()` of the raw-IP actor's control. */
export interface RawIpStatus {
  readonly open: boolean
  /** How often the sockets had to be opened again. */
  readonly reopened: number
  readonly counters: { readonly [Protocol in IpProtocol]: RawIpCounters }
  readonly warnings: readonly Warning[]
}

export type RawIpControl = { describe(): RawIpStatus }
