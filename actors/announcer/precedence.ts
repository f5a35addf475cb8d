import type { NetworkInterface } from '../../runtime/ports/netlink/netlink.ts'
import { samePrefix } from '../../runtime/wire/ip-address-bytes.ts'
import type { VirtualAddress } from './state.ts'

/**
 * An address of the node's own that a virtual IP comes before: it was added, or added again, while this node was director. The first
 * address of a subnet is the source of the host's own connections, and takes the others along when it goes.
 */
export function ownBehind({ addresses }: NetworkInterface, virtualIps: readonly VirtualAddress[]): string | undefined {
  const virtual = new Set(virtualIps.map(({ address }) => address))
  const first = addresses.filter(({ family, address, secondary }) => family === 4 && !secondary && virtual.has(address))
  const own = addresses.filter(({ address, secondary }) => secondary === true && !virtual.has(address))
  return own.find(({ address, prefixLength }) =>
    first.some((held) => held.prefixLength === prefixLength && samePrefix(held.address, address, prefixLength)),
  )?.address
}
