import type { Result } from './result.ts'

export interface InterfaceAddress {
  readonly family: 4 | 6
  readonly address: string
  readonly prefixLength: number
  /** Seconds until the kernel removes the address by itself; null = for ever. */
  readonly validLifetimeS: number | null
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
  /**
   * Adds the address, or renews it where it is there already. With `validLifetimeS` the *kernel* removes it after that
   * many seconds unless it is renewed: the lease holds even while this process is stopped or dead.
   */
  putAddress(change: AddressChange & { readonly validLifetimeS: number | null }): Result
  /** Removes the address; an address that is not there is a success. */
  removeAddress(change: AddressChange): Result
  /** Of an IPv4 address, as the kernel has learned it on that interface, lower-case; null where it has not. */
  neighbourMac(neighbour: Neighbour): Result<string | null>
  close(): void
}
