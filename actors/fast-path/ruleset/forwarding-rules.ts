import { isIPv6 } from 'node:net'
import type { NftChain } from '../../../runtime/ports/nft/nft-table.ts'
import { ANSWERED, RECEIVED, SENT } from './forwarding-names.ts'
import type { MappedPort, PortMapping } from './port-mapping.ts'
import type { Ruleset } from './ruleset-types.ts'
import { spreadingChains } from './spreading-rules.ts'

/** ICMP errors that are copied to all nodes in a second; more go to this host alone. A bound, since one frame becomes up to 63. */
const COPIED_ERRORS_PER_S = 1000
/** What differs between the families. */
interface Family {
  readonly n: 4 | 6
  readonly ip: 'ip' | 'ip6'
  readonly laterFragment: string
  readonly errors: string
  /** Lets an ICMP error find the proxy's socket behind a rewritten port. */
  readonly translateError: (port: MappedPort) => string
}

const FAMILIES: readonly Family[] = [
  {
    n: 4,
    ip: 'ip',
    laterFragment: 'ip frag-off & 0x1fff != 0 ip protocol tcp',
    errors: 'icmp type { destination-unreachable, time-exceeded, parameter-problem }',
    translateError: translatedFragmentationNeeded,
  },
  {
    n: 6,
    ip: 'ip6',
    laterFragment: 'frag frag-off != 0 meta l4proto tcp',
    errors: 'icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem }',
    translateError: translatedPacketTooBig,
  },
]

/**
 * The way of a packet, per family:
 *
 *     ingress -> direct (VIP is held here) -> spread    TCP to an original port: by connection, pin or slot -> deliver
 *                                          -> fragment  later fragments carry no ports: by source address, and to this host too
 *                                          -> errors    ICMP errors come from routers: to every node, and to this host too
 *                                          -> (host)    everything else
 *             -> serve  (VIP is another's) -> local     only what a node has sent
 *     local: original port -> proxy port, then this host; egress -> answer: proxy port -> original port. Both count
 */
export function forwardingChains(ruleset: Ruleset, mapping: PortMapping): NftChain[] {
  const present = FAMILIES.filter(({ n }) => ruleset.virtualIps.some(({ address }) => isIPv6(address) === (n === 6)))
  return [
    ...FAMILIES.flatMap((family) => familyChains(family, ruleset, mapping)),
    {
      name: 'ingress',
      hook: hookOf('ingress', ruleset),
      rules: present.flatMap((family) => ingressRules(family, ruleset)),
    },
    {
      name: 'egress',
      hook: hookOf('egress', ruleset),
      rules: present.flatMap((family) => egressRules(family, ruleset)),
    },
  ]
}

function hookOf(hook: 'ingress' | 'egress', { interfaceName }: Ruleset): string {
  return `type filter hook ${hook} device "${interfaceName}" priority 0; policy accept;`
}

function ingressRules({ n, ip }: Family, { fencedAfterMs }: Ruleset): string[] {
  const silence = {
    4: 'arp daddr ip @silent4 drop',
    6: 'icmpv6 type nd-neighbor-solicit @th,64,128 @silent6 drop',
  }[n]
  // The kernel answers a neighbour solicitation only for an address of the interface itself, whose lease ends by itself.
  const fence = n === 4 && fencedAfterMs !== undefined ? ['arp daddr ip @vips4 meta iif != @speaking drop'] : []
  return [`${ip} daddr vmap @duties${n}`, silence, ...fence]
}

function egressRules({ n, ip }: Family, ruleset: Ruleset): string[] {
  const { managementIp, fencedAfterMs } = ruleset
  // A request that the kernel makes with the VIP as sender would teach the client this host's MAC for it, which is the announcer's business:
  // at a node, at one that is director in its rules and has yet to be announced, at a dead one that sends segments again.
  const ask = `arp operation request arp saddr ip @vips4 arp daddr ip != @vips4 arp saddr ip set ${managementIp}`
  // Written by the adverts themselves: a process that is dead or stopped sends none.
  const speak = `ip protocol 112 update @speaking { meta oif timeout ${fencedAfterMs}ms }`
  // A director that is dead, or was cut off.
  const mute = 'arp saddr ip @vips4 meta oif != @speaking drop'
  const own = n === 4 ? [ask, ...(fencedAfterMs === undefined ? [] : [speak, mute])] : []
  return [`${ip} saddr @vips${n} jump answer${n}`, ...own]
}

/** Bottom up, as nft prints them. */
function familyChains(family: Family, ruleset: Ruleset, { stateless }: PortMapping): NftChain[] {
  const { n, ip } = family
  const { mac, interfaceName } = ruleset
  const others = ruleset.nodes.filter(({ self, reachable }) => !self && reachable)
  const chains: Record<string, readonly string[]> = {
    local: [
      ...counted('dport', ruleset, `counter name "${RECEIVED}"`),
      'tcp dport set tcp dport map @to_proxy',
      ...stateless.map(family.translateError),
    ],
    answer: [
      ...(stateless.length > 0 ? ['tcp sport set tcp sport map @to_original'] : []),
      ...counted(
        'sport',
        ruleset,
        `counter name "${SENT}" tcp flags & (syn | ack) == syn | ack counter name "${ANSWERED}"`,
      ),
    ],
    deliver: [
      // The mark was a scratch register: what this host, or a queue of its interface, makes of marks is not meant.
      'meta mark set 0',
      `ether daddr ${mac} goto local${n}`,
      // With the client's MAC as source the switch would learn that the client is here.
      `ether saddr set ${mac} fwd to "${interfaceName}"`,
    ],
    ...spreadingChains(n, ip, ruleset),
    copy: [
      'meta mark set 0',
      `ether daddr ${mac} accept`,
      `ether saddr set ${mac} dup to "${interfaceName}"`,
      // Also to this host: it may be of a connection to a port that is no redirect.
      `ether daddr set ${mac}`,
    ],
    errors: [
      'meta mark set 0',
      `limit rate over ${COPIED_ERRORS_PER_S}/second burst ${COPIED_ERRORS_PER_S} packets goto local${n}`,
      `ether saddr set ${mac}`,
      ...others.map((node) => `ether daddr set ${node.mac} dup to "${interfaceName}"`),
      `ether daddr set ${mac} goto local${n}`,
    ],
    direct: [
      // Frames for others come along on an interface that is promiscuous.
      'meta pkttype != host accept',
      // What a node has sent was forwarded already: two directors do not make a loop.
      `ether saddr @members goto local${n}`,
      ...refusedPorts(n, ruleset),
      `tcp dport @original_ports goto spread${n}`,
      ...spreadRanges(n, ruleset),
      `${family.laterFragment} goto fragment${n}`,
      `${family.errors} goto errors${n}`,
    ],
    serve: ['meta pkttype != host accept', 'ether saddr != @members drop', `goto local${n}`],
  }
  return Object.entries(chains).map(([name, rules]) => ({ name: `${name}${n}`, rules }))
}

/** What is counted of clients' segments, by the original ports. */
function counted(port: 'dport' | 'sport', ruleset: Ruleset, count: string): string[] {
  return [
    `tcp ${port} @original_ports ${count}`,
    ...rangesOf(ruleset).map((ranges) => `tcp ${port} ${ranges} ${count}`),
  ]
}

const spreadRanges = (n: 4 | 6, ruleset: Ruleset): string[] =>
  rangesOf(ruleset).map((ranges) => `tcp dport ${ranges} goto spread${n}`)

/** One set of all, or none. Not in the set of the others: a set that has intervals is slower to look up. */
function rangesOf({ portRanges = [] }: Ruleset): string[] {
  return portRanges.length === 0 ? [] : [`{ ${portRanges.map(({ first, last }) => `${first}-${last}`).join(', ')} }`]
}

/** A SYN to the port of a redirect that was removed: nobody serves it, not even a proxy of this host that has the port. */
function refusedPorts(n: 4 | 6, { endingPorts = [] }: Ruleset): string[] {
  if (endingPorts.length === 0) return []
  return [`tcp dport { ${endingPorts.join(', ')} } tcp flags & (syn | rst) == syn goto reset${n}`]
}

/*
 * An ICMP error quotes the packet as the router saw it, with the original port; the kernel looks the socket up by the quoted port, and
 * nft can write that, but not correct the checksum of the ICMP message for it. It does for the field of the MTU. So that field
 * is written twice, as if it had been the original port (unseen by the checksum) and became the proxy's (corrected), and gets its
 * own value back (unseen); then the port is written (unseen). The source MAC, which nobody needs any more, keeps the MTU meanwhile.
 *
 *     byte of the message   0     1     2         4         6         8           28 (IPv4 without options) or 48 (IPv6)
 *                          type  code  checksum  unused or MTU        quoted IP   quoted source port
 */

/** RFC 792, RFC 1191 §4. */
function translatedFragmentationNeeded({ originalPort, proxyPort }: MappedPort): string {
  return [
    `icmp type destination-unreachable icmp code frag-needed @th,64,8 0x45 @th,136,8 6 @th,224,16 ${originalPort}`,
    `@ll,48,16 set @th,48,16 @th,48,16 set ${originalPort} icmp mtu set ${proxyPort} @th,48,16 set @ll,48,16`,
    `@th,224,16 set ${proxyPort}`,
  ].join(' ')
}

/** RFC 4443 §3.2. */
function translatedPacketTooBig({ originalPort, proxyPort }: MappedPort): string {
  return [
    `icmpv6 type packet-too-big @th,64,4 6 @th,112,8 6 @th,384,16 ${originalPort}`,
    `@ll,48,32 set @th,32,32 @th,32,32 set ${originalPort} icmpv6 mtu set ${proxyPort} @th,32,32 set @ll,48,32`,
    `@th,384,16 set ${proxyPort}`,
  ].join(' ')
}
