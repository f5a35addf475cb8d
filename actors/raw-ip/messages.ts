import type { IpProtocol } from '../../runtime/ports/raw-ip.ts'
import type { ElectorName } from '../elector/messages.ts'

/** What the raw-IP actor takes. `confirm` asks for a `sent` or `sendFailed` with the same number. */
export type RawIpMessage =
  | {
      readonly type: 'send'
      readonly protocol: IpProtocol
      readonly destination: string
      readonly payload: Uint8Array
      readonly confirm?: number
    }
  /** By `request`: replies with a `Drained` once all packets that had arrived before were delivered. */
  | { readonly type: 'drain' }
  /** The interface was made anew: sockets that are bound to the old one, and its group memberships, are of no more use. */
  | { readonly type: 'interfaceChanged' }

/** What it sends to the actors of a protocol: electors (112), discovery (253). */
export type RawIpDelivery =
  /** A whole IPv4 packet, header included. */
  | {
      readonly type: 'packet'
      readonly protocol: IpProtocol
      readonly packet: Uint8Array
      readonly receivedAtMs: number
    }
  /** The kernel took it, at `atMs` or a little later: a lease may be counted from there, also by one who learns it late. */
  | { readonly type: 'sent'; readonly confirm: number; readonly atMs: number }
  | { readonly type: 'sendFailed'; readonly confirm: number; readonly reason: string }

export interface Drained {
  readonly packets: number
  /** The sockets that adverts to whoever asks come through are closed: that none has come says nothing. */
  readonly deaf: boolean
}

/** Told to an elector: the sockets that adverts come through were closed, and are open from now on. */
export interface SocketsReopened {
  readonly type: 'socketsReopened'
}

/** Of each protocol, the actors that its packets are for: an advert's is the elector of its family and VRID. */
export type RawIpPeers = {
  readonly discovery: RawIpDelivery
  readonly [elector: ElectorName]: RawIpDelivery | SocketsReopened
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
  readonly warnings: readonly string[]
}

export type RawIpControl = { describe(): RawIpStatus }
