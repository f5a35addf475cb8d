import { familyOf, samePrefix } from '../../../wire/ip-address-bytes.ts'
import { done, type Refusal, type Result, refused } from '../../result.ts'
import { NETLINK_ROUTE } from '../../sockets/linux/libc.ts'
import type { AddressChange, Neighbour, Netlink, NetworkInterface } from '../netlink.ts'
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from './netlink-messages.ts'
import { NetlinkSocket } from './netlink-socket.ts'
import {
  encodeDeleteAddress,
  encodeGetAddresses,
  encodeGetLink,
  encodeGetLinks,
  encodeNewAddress,
  encodePromoteSecondaries,
  type Link,
  type LinkAddress,
  parseAddress,
  parseLink,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_SETLINK,
} from './rtnetlink-messages.ts'
import {
  encodeGetNeighbour,
  encodeProbeNeighbour,
  parseNeighbourLife,
  parseNeighbourMac,
  RTM_GETNEIGH,
  RTM_NEWNEIGH,
} from './rtnetlink-neighbours.ts'
import { encodeLinkRoute, RTM_DELROUTE, RTM_NEWROUTE } from './rtnetlink-routes.ts'

const ROUTE_IS_GONE: ReadonlySet<string> = new Set(['ESRCH', 'ENODEV'])
/** Of a removal: the interface does not have the address (any more), or is gone itself. */
const ADDRESS_IS_GONE: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'ENODEV'])

/**
 * rtnetlink in the network namespace of the calling thread.
 *
 * Lifetimes: the kernel removes an address on its own, but not to the millisecond. Measured on Linux 6.18: a VIP of 1-5 s
 * that is put once or renewed three times a second went 0.01-0.43 s after its time, once 0.87 s; with two dozen such
 * addresses in one namespace up to 2.1 s after. So this is the fence of last resort; the announcer's own lease is the sharp one.
 *
 * Source addresses: a VIP with the prefix of an address that the interface has already becomes a *secondary* address,
 * and one with /32 (/128) belongs to no subnet; neither is chosen as the source of the node's own connections. Only a VIP
 * whose subnet the interface is not in otherwise brings a route, and is then the source towards that subnet, as it must.
 * An IPv6 VIP is deprecated from the start (preferred lifetime 0), which is to say the same.
 */
export function openLinuxNetlink(): Result<Netlink> {
  const socket = NetlinkSocket.open(NETLINK_ROUTE)
  return socket.ok ? { ok: true, value: new LinuxNetlink(socket.value) } : socket
}

class LinuxNetlink implements Netlink {
  readonly #socket: NetlinkSocket

  constructor(socket: NetlinkSocket) {
    this.#socket = socket
  }

  interfaceByName(name: string): Result<NetworkInterface> {
    const request = encodeGetLink(name)
    const noSuchInterface = refused('ENODEV', `there is no network interface ${name}`)
    if (!request) return noSuchInterface
    const links = this.#socket.request(RTM_GETLINK, 0, request, ({ type, payload }) =>
      type === RTM_NEWLINK ? parseLink(payload) : undefined,
    )
    if (!links.ok) return links.code === 'ENODEV' ? noSuchInterface : links
    const link = links.value[0]
    if (!link) return refused('EBADMSG', `netlink: the kernel's description of ${name} cannot be read`)
    const addresses = this.#addresses()
    return addresses.ok ? { ok: true, value: withAddresses(link, addresses.value) } : addresses
  }

  interfaces(): Result<readonly NetworkInterface[]> {
    const links = this.#socket.dump(RTM_GETLINK, encodeGetLinks(), ({ type, payload }) =>
      type === RTM_NEWLINK ? parseLink(payload) : undefined,
    )
    if (!links.ok) return links
    const addresses = this.#addresses()
    if (!addresses.ok) return addresses
    return { ok: true, value: links.value.map((link) => withAddresses(link, addresses.value)) }
  }

  putAddress(change: AddressChange & { readonly validLifetimeS: number | null }): Result {
    const body = encodeNewAddress(change, change.validLifetimeS, !this.#hasPrefixRoute(change))
    return body.ok ? this.#change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, body.value) : body
  }

  removeAddress(change: AddressChange): Result {
    const body = encodeDeleteAddress(change)
    if (!body.ok) return body
    const removed = this.#change(RTM_DELADDR, 0, body.value)
    return !removed.ok && ADDRESS_IS_GONE.has(removed.code) ? done : removed
  }

  putRoute(subnet: AddressChange): Result {
    const body = encodeLinkRoute(subnet)
    if (!body.ok) return body
    const put = this.#change(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body.value)
    return !put.ok && put.code === 'EEXIST' ? done : put
  }

  removeRoute(subnet: AddressChange): Result {
    const body = encodeLinkRoute(subnet)
    if (!body.ok) return body
    const removed = this.#change(RTM_DELROUTE, 0, body.value)
    return !removed.ok && ROUTE_IS_GONE.has(removed.code) ? done : removed
  }

  promoteSecondaries(interfaceIndex: number): Result {
    return this.#change(RTM_SETLINK, 0, encodePromoteSecondaries(interfaceIndex))
  }

  neighbourMac(neighbour: Neighbour): Result<string | null> {
    return this.#neighbour(neighbour, parseNeighbourMac)
  }

  probeNeighbour(neighbour: Neighbour, mac: string, anew: boolean): Result<boolean | null> {
    const life = anew ? ({ ok: true, value: null } as const) : this.#neighbour(neighbour, parseNeighbourLife)
    if (!life.ok) return life
    if (life.value !== null) return { ok: true, value: life.value === 'asked' ? null : life.value === 'lives' }
    const request = encodeProbeNeighbour(neighbour.interfaceIndex, neighbour.address, mac)
    if (request === undefined) return refused('EINVAL', `${neighbour.address} at ${mac} is no neighbour of IPv4`)
    const asked = this.#change(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, request)
    return asked.ok ? { ok: true, value: null } : asked
  }

  /** Null where the kernel does not know it. */
  #neighbour<Value>(
    { interfaceIndex, address }: Neighbour,
    parse: (payload: Buffer) => Value | undefined,
  ): Result<Value | null> {
    const request = encodeGetNeighbour(interfaceIndex, address)
    if (request === undefined) return { ok: true, value: null }
    const found = this.#socket.request(RTM_GETNEIGH, 0, request, ({ type, payload }) =>
      type === RTM_NEWNEIGH ? parse(payload) : undefined,
    )
    if (found.ok) return { ok: true, value: found.value[0] ?? null }
    return found.code === 'ENOENT' ? { ok: true, value: null } : found
  }

  close(): void {
    this.#socket.close()
  }

  #addresses(): Result<readonly LinkAddress[]> {
    return this.#socket.dump(RTM_GETADDR, encodeGetAddresses(), ({ type, payload }) =>
      type === RTM_NEWADDR ? parseAddress(payload) : undefined,
    )
  }

  /**
   * Whether an address of the node's own brings the route to this IPv6 prefix. The VIP must then keep off it: the kernel has
   * one route for both, and would end it with the VIP's lifetime where the node's own address has one too (RFC 4862).
   */
  #hasPrefixRoute({ interfaceIndex, address, prefixLength }: AddressChange): boolean {
    if (familyOf(address) === 'ipv4') return false
    const addresses = this.#addresses()
    if (!addresses.ok) return false
    return addresses.value.some((other) => {
      const isVirtual = other.noDad && other.validLifetimeS !== null
      const isNear =
        other.interfaceIndex === interfaceIndex && other.prefixLength === prefixLength && other.family === 6
      return isNear && !isVirtual && other.address !== address && samePrefix(other.address, address, prefixLength)
    })
  }

  #change(type: number, flags: number, body: Buffer): Result {
    const outcome = this.#socket.request(type, flags, body, () => undefined)
    if (outcome.ok) return done
    return outcome.code === 'EPERM' ? withAdvice(outcome) : outcome
  }
}

function withAddresses(link: Link, all: readonly LinkAddress[]): NetworkInterface {
  const own = all.filter(({ interfaceIndex }) => interfaceIndex === link.index)
  return { ...link, addresses: own.map(({ interfaceIndex: _, noDad: __, ...address }) => address) }
}

function withAdvice(refusal: Refusal): Refusal {
  return refused(refusal.code, `${refusal.reason}; changing addresses needs CAP_NET_ADMIN: run as root or grant it`)
}
