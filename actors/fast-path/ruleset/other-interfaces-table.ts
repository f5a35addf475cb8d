import { isIPv6 } from 'node:net'
import { keySet, type NftTable } from '../../../runtime/ports/nft/nft-table.ts'
import type { Ruleset } from './ruleset-types.ts'

/** Where the host's other interfaces are kept from speaking for the VIPs. */
export const OTHER_INTERFACES = { family: 'arp', name: 'proxyha' } as const

/**
 * The kernel answers ARP for an address of lo on every interface, also on one that only happens to be on the same subnet: the parent
 * of a macvlan, a second port. And where it asks for a client's MAC there, it names the VIP as sender, which the client would learn.
 * Of IPv6 addresses an interface answers for its own only.
 */
export function otherInterfacesTable({ interfaceName, virtualIps, managementIp }: Ruleset): NftTable {
  const addresses = virtualIps.filter(({ address }) => !isIPv6(address))
  return {
    ...OTHER_INTERFACES,
    sets: [
      keySet(
        'vips',
        'type ipv4_addr;',
        addresses.map(({ address }) => address),
      ),
    ],
    chains: [
      {
        name: 'asked',
        hook: 'type filter hook input priority 0; policy accept;',
        rules: [`iifname != "${interfaceName}" arp daddr ip @vips drop`],
      },
      {
        name: 'asking',
        hook: 'type filter hook output priority 0; policy accept;',
        rules: [`oifname != "${interfaceName}" arp saddr ip @vips arp saddr ip set ${managementIp}`],
      },
    ],
  }
}
