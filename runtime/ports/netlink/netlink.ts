import type { Result } from '../result.ts'

export interface InterfaceAddress {
  readonly family: 4 | 6
  readonly address: string
  readonly prefixLength: number
  /** Seconds until the kernel removes the address by itself; null = for ever. */
  readonly validLifetimeS: number | null
  /** IPv4: another address of the same subnet comes before it, and takes it along when it is removed, unless `promoteSecondaries`. */
  readonly secondary?: true
}

export interface NetworkInterface {
  readonly index: number
  readonly name: string
  /** Lower-case, colon-separated. */
  readonly mac: string
  readonly mtu: number
  /** Administratively up and with carrier. */
  readonly up: boolean
  readonly addresses: readonly InterfaceAddress[]
}

export interface AddressChange {
  readonly interfaceIndex: number
  readonly address: string
  readonly prefixLength: number
}

/** Another host, by its address on an interface of this one. */
export interface Neighbour {
  readonly interfaceIndex: number
  readonly address: string
}

/** rtnetlink, as far as a gateway needs it. Calls are synchronous (tens of microseconds) so that fencing cannot be overtaken. */
export interface Netlink {
  /** The interface with its addresses as the kernel has them now; `ENODEV` where there is none of that name. */
  interfaceByName(name: string): Result<NetworkInterface>
  /** All interfaces, as the kernel has them now. */
  interfaces(): Result<readonly NetworkInterface[]>
  /**
   * Adds the address, or renews it where it is there already. With `validLifetimeS` the *kernel* removes it after that
   * many seconds unless it is renewed: the lease holds even while this process is stopped or dead.
   */
  putAddress(change: AddressChange & { readonly validLifetimeS: number | null }): Result
  /** Removes the address; an address that is not there is a success. */
  removeAddress(change: AddressChange): Result
  /** A route to that subnet on the link itself, behind any other that there is; that it is there already is a success. */
  putRoute(subnet: AddressChange): Result
  /** Removes it; a route that is not there is a success. */
  removeRoute(subnet: AddressChange): Result
  /** From now on the next address of a subnet takes the place of its first one when that is removed (`promote_secondaries` of the interface). */
  promoteSecondaries(interfaceIndex: number): Result
  /** Of an IPv4 address, as the kernel has learned it on that interface, lower-case; null where it has not. */
  neighbourMac(neighbour: Neighbour): Result<string | null>
  /**
   * Has the kernel ask that neighbour of IPv4, by its MAC, whether it lives: three times in three seconds. False: it has not answered; null:
   * it is being asked. Called again and again, it goes on asking who answers; `anew`: what was found out before does not count.
   */
  probeNeighbour(neighbour: Neighbour, mac: string, anew: boolean): Result<boolean | null>
  close(): void
}
