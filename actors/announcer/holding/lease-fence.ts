import { isIPv6 } from 'node:net'
import type { NftChain, NftSet, NftTable } from '../../../runtime/ports/nft/nft-table.ts'
import { hexOfIpv6 } from '../../../runtime/wire/ip-address-bytes.ts'

/** One virtual router, as far as its fence goes by it. */
export interface FencedRouter {
  readonly virtualRouterId: number
  readonly virtualIps: readonly string[]
  /** How long an advert that has left keeps its sender master. */
  readonly leaseMs: number
  /** How long after the end of the lease the addresses may still be on the interface. */
  readonly keptAfterLeaseMs: number
}

/** Below this the kernel's own lateness would be part of the time: its timers go by ticks of up to 10 ms. */
const SHORTEST_MS = 100
/** Past the last moment at which the addresses can be there; then a fence that was left behind is in nobody's way. */
const MARGIN_MS = 10_000

/**
 * The nftables table that silences the virtual IPs of a director whose process is dead or stopped, at the end of its lease, to the
 * millisecond: from then until the kernel has removed the addresses it answers no ARP and no neighbour solicitation for
 * them, and asks none with them. Whoever knows the address already still reaches it, until the next director's
 * gratuitous ARP says otherwise.
 *
 * The adverts themselves renew it, as they leave: nothing in the process has to do anything for it, or can do it wrongly.
 */
export function leaseFence(interfaceName: string, routers: readonly FencedRouter[]): NftTable {
  const hook = (name: 'ingress' | 'egress') =>
    `type filter hook ${name} device "${interfaceName}" priority 0; policy accept;`
  const chains: readonly NftChain[] = [
    {
      name: 'egress',
      hook: hook('egress'),
      rules: routers.flatMap((router) => [...renewals(router), ...sayings(router)]),
    },
    { name: 'ingress', hook: hook('ingress'), rules: routers.flatMap(answers) },
  ]
  return { ...LEASE_FENCE, sets: routers.flatMap(sets), chains }
}

/** Its name: the one of all tables of ours, so that kernel mode's, which has a fence of its own, and this one replace each other. */
export const LEASE_FENCE = { family: 'netdev', name: 'proxyha' } as const

const setNames = ({ virtualRouterId, virtualIps }: FencedRouter) => {
  const router = `${virtualIps.some(isIPv6) ? 6 : 4}_${virtualRouterId}`
  return { speaking: `speaking${router}`, lately: `lately${router}` }
}

/** `speaking`: the interface, while the lease lasts. `lately`: while the addresses may be there. */
function sets(router: FencedRouter): NftSet[] {
  const { speaking, lately } = setNames(router)
  // An element that has expired counts until it is swept: there is more room than for the one.
  const declaration = 'type iface_index; size 16; flags dynamic,timeout;'
  return [speaking, lately].map((name) => ({ kind: 'set', name, declaration, elements: undefined }))
}

/** An advert of this router leaves that does not resign (priority 0). */
function renewals(router: FencedRouter): string[] {
  const { virtualRouterId, virtualIps, leaseMs, keptAfterLeaseMs } = router
  const { speaking, lately } = setNames(router)
  const protocol = virtualIps.some(isIPv6) ? 'ip6 nexthdr 112' : 'ip protocol 112'
  const speakingMs = Math.max(SHORTEST_MS, leaseMs)
  const latelyMs = speakingMs + keptAfterLeaseMs + MARGIN_MS
  // The octets of an advert: version and type, VRID, priority.
  const advert = `${protocol} @th,8,8 ${virtualRouterId} @th,16,8 != 0`
  return [
    `${advert} update @${lately} { meta oif timeout ${latelyMs}ms } update @${speaking} { meta oif timeout ${speakingMs}ms }`,
  ]
}

/** A request with the VIP as its sender teaches everybody this host's MAC for it. */
function sayings(router: FencedRouter): string[] {
  const { speaking, lately } = setNames(router)
  const ipv4 = router.virtualIps.filter((address) => !isIPv6(address))
  if (ipv4.length === 0) return []
  return [`arp saddr ip { ${ipv4.join(', ')} } meta oif != @${speaking} meta oif @${lately} drop`]
}

function answers(router: FencedRouter): string[] {
  const { speaking, lately } = setNames(router)
  const isSilent = `meta iif != @${speaking} meta iif @${lately} drop`
  const asked = router.virtualIps.some(isIPv6)
    ? `icmpv6 type nd-neighbor-solicit @th,64,128 { ${router.virtualIps.map(hexOfIpv6).join(', ')} }`
    : `arp daddr ip { ${router.virtualIps.join(', ')} }`
  return [`${asked} ${isSilent}`]
}
