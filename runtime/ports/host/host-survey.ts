import type { NetworkInterface } from '../netlink/netlink.ts'
import type { Result } from '../result.ts'
import type { RouteView } from './host-view.ts'

/** A VRRP router that was heard on a subnet. */
export interface HeardRouter {
  readonly version: 2 | 3
  /** 1..255. */
  readonly virtualRouterId: number
  /** 0..255. */
  readonly priority: number
  /** Its own address. */
  readonly source: string
  readonly addresses: readonly string[]
}

/** What a host and its subnet say to whoever is about to set a gateway up there. Nothing is changed by it. */
export interface HostSurvey {
  interfaces(): Promise<Result<readonly NetworkInterface[]>>
  /** Of IPv4, in the main table. */
  routes(): Promise<readonly RouteView[]>
  /** The number of the group that a service of that name runs as; null: there is none, or files may not be given to it. */
  serviceGroup(name: string): Promise<number | null>
  /** Names of the programs that listen on these ports, as far as they may be looked at. */
  listeningPrograms(ports: ReadonlySet<number>): Promise<ReadonlyMap<number, readonly string[]>>
  /**
   * Listens for adverts of IPv4 that long, or until it is told to stop: each router once, as it was heard last; at most 256 of them.
   * `source`: an address of the interface. A refusal: the raw socket cannot be had (`EPERM` without CAP_NET_RAW).
   */
  hearRouters(
    interfaceName: string,
    source: string,
    forMs: number,
    stop: AbortSignal,
  ): Promise<Result<readonly HeardRouter[]>>
  /** Asks by ARP who has these addresses of IPv4, that long at most: the MACs of those that answered. */
  holdersOf(
    link: NetworkInterface,
    addresses: readonly string[],
    withinMs: number,
    stop: AbortSignal,
  ): Promise<Result<ReadonlyMap<string, string>>>
}
