import { isIPv6 } from 'node:net'
import type { NftTable } from './nft-table.ts'
import { portMappingOf } from './port-mapping.ts'
import type { Ruleset } from './ruleset-types.ts'

/** Where the redirects live that need connection tracking. */
export const TRACKING = { family: 'inet', name: 'proxyha' } as const

/**
 * The table for the ports that connection tracking has to redirect; undefined where there are none, since its hooks alone make the
 * kernel track every connection of the host. `dnat` to a port leaves the VIP as the address that the proxy sees; `redirect` would
 * take the interface's own. The other redirects stay out of connection tracking, whose table a flood can fill.
 */
export function trackingTable({ virtualIps, redirects }: Ruleset): NftTable | undefined {
  const { tracked, untrackedProxyPorts } = portMappingOf(redirects)
  if (tracked.length === 0) return undefined
  const addressesOf = (isOfFamily: (address: string) => boolean) =>
    new Map(virtualIps.filter(({ address }) => isOfFamily(address)).map(({ address }) => [address, '']))
  return {
    ...TRACKING,
    sets: [
      set(
        'vips4',
        'ipv4_addr',
        addressesOf((address) => !isIPv6(address)),
      ),
      set('vips6', 'ipv6_addr', addressesOf(isIPv6)),
      set('untracked_ports', 'inet_service', new Map(untrackedProxyPorts.map((port) => [`${port}`, '']))),
      {
        kind: 'map',
        name: 'proxy_ports',
        declaration: 'type inet_service : inet_service;',
        elements: new Map(tracked.map(({ originalPort, proxyPort }) => [`${originalPort}`, ` : ${proxyPort}`])),
      },
    ],
    chains: [
      {
        name: 'from_clients',
        hook: 'type filter hook prerouting priority raw; policy accept;',
        rules: bothFamilies((family, n) => `${family} daddr @vips${n} tcp dport @untracked_ports notrack`),
      },
      {
        name: 'from_proxies',
        hook: 'type filter hook output priority raw; policy accept;',
        rules: bothFamilies((family, n) => `${family} saddr @vips${n} tcp sport @untracked_ports notrack`),
      },
      {
        name: 'redirected',
        hook: 'type nat hook prerouting priority dstnat; policy accept;',
        rules: bothFamilies(
          (family, n) => `${family} daddr @vips${n} meta l4proto tcp dnat to :tcp dport map @proxy_ports`,
        ),
      },
    ],
  }
}

function set(name: string, type: string, elements: ReadonlyMap<string, string>) {
  return { kind: 'set', name, declaration: `type ${type};`, elements } as const
}

function bothFamilies(rule: (family: 'ip' | 'ip6', suffix: 4 | 6) => string): string[] {
  return [rule('ip', 4), rule('ip6', 6)]
}
