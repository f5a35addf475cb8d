import { isIPv6 } from 'node:net'
import { counter, keySet, type NftChain, type NftSet, type NftTable } from '../../../runtime/ports/nft/nft-table.ts'
import { REFUSED } from './forwarding-names.ts'
import { type PortMapping, portMappingOf } from './port-mapping.ts'
import type { Ruleset } from './ruleset-types.ts'

/** Where the rules live that need the host's own IP stack: its sockets, its connection tracking. */
export const HOST = { family: 'inet', name: 'proxyha' } as const

/** The table of those rules. */
export function hostTable(ruleset: Ruleset): NftTable {
  const mapping = portMappingOf(ruleset.redirects)
  const parts = [tracking(mapping), refusals(ruleset, mapping)].filter((part) => part !== undefined)
  return {
    ...HOST,
    sets: [...addressSets(ruleset), ...parts.flatMap(({ sets }) => sets)],
    chains: parts.flatMap(({ chains }) => chains),
  }
}

type Part = Pick<NftTable, 'sets' | 'chains'>

/**
 * The ports that connection tracking has to redirect. Only where there are any, since its hooks alone make the kernel track every
 * connection of the host. `dnat` to a port leaves the VIP as the address that the proxy sees; `redirect` would take the interface's own.
 * The other redirects stay out of connection tracking, whose table a flood can fill.
 */
function tracking({ tracked, untrackedProxyPorts }: PortMapping): Part | undefined {
  if (tracked.length === 0) return undefined
  return {
    sets: [
      portSet('untracked_ports', untrackedProxyPorts),
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

/**
 * What the host's own stack refuses, or resets, in the name of a virtual IP.
 *
 * - A proxy that does not listen: the answer to a SYN is counted, and where the monitor notices soon, it is dropped. TCP sends the SYN again
 *   after a second, and by then it goes to another node, or, where there is none, is refused by the director, whose own refusals do not come
 *   this way. RFC 9293, 3.10.7.1: such a reset has the sequence number 0; one of a connection has not.
 * - What has come past the forwarding, because its hook left with the interface or somebody took it away: it keeps its original port, and a
 *   reset would end a connection that lives at another node. Redirects that keep their port cannot be told.
 */
function refusals({ hidesUnlistened = false, redirects }: Ruleset, { stateless }: PortMapping): Part {
  const verdict = `counter name "${REFUSED}"${hidesUnlistened ? ' drop' : ''}`
  const isAnswerToSyn = 'tcp flags & (rst | ack) == rst | ack tcp sequence 0'
  const proxyPorts = new Set(redirects.map(({ proxyPort }) => proxyPort))
  const rewritten = stateless.map(({ originalPort }) => originalPort).filter((port) => !proxyPorts.has(port))
  return {
    sets: [counter(REFUSED), portSet('proxies', [...proxyPorts]), portSet('rewritten', rewritten)],
    chains: [
      {
        name: 'refusals',
        rules: [
          ...bothFamilies((family, n) => `${isAnswerToSyn} ${family} saddr @vips${n} tcp sport @proxies ${verdict}`),
          // The host's own programs may ask its virtual IP.
          ...bothFamilies((family, n) => `oif != "lo" ${family} saddr @vips${n} tcp sport @rewritten drop`),
        ],
      },
      {
        name: 'unlistened',
        hook: 'type filter hook output priority filter; policy accept;',
        rules: ['tcp flags & rst != 0 goto refusals'],
      },
    ],
  }
}

function addressSets({ virtualIps }: Ruleset): readonly NftSet[] {
  const addresses = virtualIps.map(({ address }) => address)
  return [
    keySet(
      'vips4',
      'type ipv4_addr;',
      addresses.filter((address) => !isIPv6(address)),
    ),
    keySet('vips6', 'type ipv6_addr;', addresses.filter(isIPv6)),
  ]
}

const portSet = (name: string, ports: readonly number[]) => keySet(name, 'type inet_service;', ports.map(String))

function bothFamilies(rule: (family: 'ip' | 'ip6', suffix: 4 | 6) => string): NftChain['rules'] {
  return [rule('ip', 4), rule('ip6', 6)]
}
