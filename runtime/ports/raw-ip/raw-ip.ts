import type { Result } from '../result.ts'

/** VRRP and the beacons (RFC 3692 experimental protocol number 253). */
export type IpProtocol = 112 | 253

export interface RawIpListener {
  /**
   * A whole packet, header included, in a buffer of its own. That of IPv6 is put together again from what the kernel tells:
   * source and payload as they came; where the hop limit was not 255, or the destination not the group, that alone is right.
   */
  packet(protocol: IpProtocol, packet: Uint8Array): void
  error(protocol: IpProtocol, reason: string): void
}

/**
 * Raw sockets of one address family bound to one interface: multicast member of 224.0.0.18 (ff02::12) on 112, broadcast
 * allowed on 253 (IPv4 only), TTL and hop limit 255 on send.
 */
export interface RawIpPort {
  open(interfaceName: string, sourceAddress: string, listener: RawIpListener): Result
  /** Sends one payload (no IP header). Resolves once the kernel took it. */
  send(protocol: IpProtocol, destination: string, payload: Uint8Array): Promise<Result>
  /**
   * Resolves with the number of packets that were delivered meanwhile, once a whole poll phase of the event loop went by
   * in which none arrived: what the kernel had queued before the call has then been handed to the listener.
   */
  drain(): Promise<number>
  /** Packets that found no room in the kernel's receive buffer since the port was opened. */
  overflowed(protocol: IpProtocol): number
  close(): void
}
