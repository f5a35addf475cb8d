/** What the doctor finds about the host: also asked where no gateway runs. */

import { failure, note, problem } from '../../../actors/inspector/doctor/findings.ts'
import type { Finding } from '../../../actors/inspector/messages.ts'
import type { Capability, HostView, NetworkView, RouteView } from '../../ports/host/host-view.ts'
import { samePrefix } from '../../wire/ip-address-bytes.ts'

type HostRule = (host: HostView) => readonly Finding[]

const HOST_RULES: readonly HostRule[] = [capabilities, openFiles, memory, clocksource, ofNetwork]
const NETWORK_RULES: readonly ((network: NetworkView) => readonly Finding[])[] = [
  link,
  arpIgnore,
  reversePath,
  firewall,
  conntrack,
  listenOverflows,
]

/** From here on a resource counts as used up. */
const FULL_SHARE = 0.9
const LOW_MEMORY_SHARE = 0.05
const LINES_SHOWN = 5

/** All findings about a host. */
export const hostFindings: HostRule = (host) => HOST_RULES.flatMap((rule) => rule(host))

const LACKING: Readonly<Record<Capability, string>> = {
  CAP_NET_ADMIN: 'it cannot add virtual IPs, nor use nftables',
  CAP_NET_RAW: 'it can neither send nor hear adverts, beacons and ARP',
  CAP_SYS_NICE: 'its adverts may be late on a busy host (vrrp.realtime)',
}

function capabilities({ process }: HostView): readonly Finding[] {
  if (process === null) return []
  const isHad = (name: Capability) =>
    process.capabilities.includes(name) || (name === 'CAP_SYS_NICE' && process.realtimeLimit > 0)
  const lacking = (Object.keys(LACKING) as Capability[]).filter((name) => !isHad(name))
  const isGrave = lacking.some((name) => name !== 'CAP_SYS_NICE')
  if (lacking.length === 0) return []
  const what = `the gateway's process lacks ${lacking.join(', ')}`
  const advice = 'run it as root, or grant them (AmbientCapabilities and CapabilityBoundingSet of its systemd unit)'
  const evidence = lacking.map((name) => `without ${name} ${LACKING[name]}`)
  return [isGrave ? problem('capability', what, evidence, advice) : note('capability', what, evidence, advice)]
}

function openFiles({ process }: HostView): readonly Finding[] {
  const files = process?.openFiles ?? null
  if (files === null || files.used < FULL_SHARE * files.limit) return []
  const evidence = [`${files.used} of ${files.limit} are open; each connection that is forwarded takes two`]
  const advice = "raise the limit (LimitNOFILE of its systemd unit), or lower 'limits.connections'"
  return [problem('open-files', "the gateway's process has almost no open files left", evidence, advice)]
}

function memory({ memory }: HostView): readonly Finding[] {
  if (memory === null || memory.availableBytes >= LOW_MEMORY_SHARE * memory.totalBytes) return []
  const evidence = [`${mebibytes(memory.availableBytes)} of ${mebibytes(memory.totalBytes)} are available`]
  return [problem('memory', 'this host has almost no memory left', evidence, 'find out what uses it; add memory')]
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

/** Timers are by the monotonic clock, so the time of day may be wrong or step. What does harm is a clock that is coarse. */
function clocksource({ clocksource }: HostView): readonly Finding[] {
  if (clocksource === null || !clocksource.includes('jiffies')) return []
  const evidence = [`the kernel's clock source is ${clocksource}: it advances by whole ticks, of 1 to 10 ms`]
  const advice = 'let the kernel have a better one (see "clocksource=" and "tsc=" of its command line)'
  return [note('clock', 'the clock of this host is coarse: short advert intervals are not kept', evidence, advice)]
}

function ofNetwork({ network }: HostView): readonly Finding[] {
  if (network !== null) return NETWORK_RULES.flatMap((rule) => rule(network))
  const what = 'the network of the gateway was not looked at'
  const evidence = ['it lives in another network namespace than this command']
  return [
    note('other-network', what, evidence, 'run this command where the gateway runs (nsenter, or in its container)'),
  ]
}

function link({ interfaceName, link }: NetworkView): readonly Finding[] {
  if (link === null) {
    const evidence = ['the kernel knows no interface of that name']
    return [failure('no-interface', `${interfaceName} is not there`, evidence, 'name another `interface`, or make it')]
  }
  if (link.up) return []
  const evidence = ['it is down, or has no carrier']
  return [
    failure(
      'link-down',
      `${interfaceName} is down: nobody is reached`,
      evidence,
      'look at cable and switch port; "ip link" tells more',
    ),
  ]
}

/** Other values (1 to 4 were tried) leave requests for a virtual IP answered, whatever its prefix is. */
function arpIgnore({ interfaceName, arpIgnore }: NetworkView): readonly Finding[] {
  if (arpIgnore === null || arpIgnore < 8) return []
  const what = 'this host answers no ARP: clients do not find a virtual IP that is held here'
  const evidence = [`net.ipv4.conf.${interfaceName}.arp_ignore, or that of all, is ${arpIgnore}`]
  return [problem('arp-ignore', what, evidence, 'set both to 0, 1 or 2')]
}

/** RFC 3704 §2.2: strict filtering drops what comes from where the kernel would not send the answer to. */
function reversePath({ interfaceName, rpFilter, routes, link }: NetworkView): readonly Finding[] {
  if (rpFilter !== 1 || link === null) return []
  const elsewhere = routes.filter((route) => route.interfaceName !== interfaceName)
  const subnets = routes.filter((route) => route.interfaceName === interfaceName && route.prefixLength > 0)
  const within = elsewhere.filter((route) => subnets.some((subnet) => contains(subnet, route)))
  const strict = `net.ipv4.conf.${interfaceName}.rp_filter, or that of all, is 1 (strict)`
  const advice = `set both to 2 (loose) or 0, or route those clients through ${interfaceName}`
  if (within.length > 0) {
    const what = `clients on ${interfaceName} are dropped whose answers would leave by another interface`
    return [problem('rp-filter', what, [strict, ...within.map(routeText)], advice)]
  }
  const others = elsewhere.filter(({ prefixLength }) => prefixLength === 0)
  const ownDefault = routes.some((route) => route.interfaceName === interfaceName && route.prefixLength === 0)
  if (others.length === 0 || ownDefault) return []
  const what = `clients of other subnets are dropped if they come in by ${interfaceName}`
  return [note('rp-filter', what, [strict, ...others.map(routeText)], advice)]
}

const contains = (subnet: RouteView, { network, prefixLength }: RouteView): boolean =>
  prefixLength >= subnet.prefixLength && samePrefix(network, subnet.network, subnet.prefixLength)

const routeText = ({ network, prefixLength, interfaceName }: RouteView): string =>
  `${prefixLength === 0 ? 'the default route' : `${network}/${prefixLength}`} goes through ${interfaceName}`

/** A rule that drops what the group is held together by: VRRP, protocol 112, and beacons, 253. */
function firewall({ ruleset }: NetworkView): readonly Finding[] {
  const lines = (ruleset ?? '').split('\n').map((line) => line.trim())
  const drops = lines.filter(
    (line) => /\b(?:drop|reject)\b/.test(line) && /\b(?:protocol|l4proto|nexthdr)\b.*\b(?:112|253|vrrp)\b/.test(line),
  )
  const advice = 'let IP protocols 112 (to 224.0.0.18) and 253 (to 255.255.255.255, and between the nodes) through'
  if (drops.length > 0) {
    const what = 'a packet filter of this host drops adverts or beacons'
    return [problem('firewall', what, drops.slice(0, LINES_SHOWN), advice)]
  }
  const closed = lines.filter((line) => /^type filter hook (?:input|output) .*policy drop;$/.test(line))
  if (closed.length === 0 || lines.some((line) => /\b(?:112|vrrp)\b.*\baccept\b/.test(line))) return []
  const what = 'a packet filter of this host drops what no rule accepts, and no rule names VRRP'
  return [note('firewall', what, closed.slice(0, LINES_SHOWN), advice)]
}

function conntrack({ conntrack }: NetworkView): readonly Finding[] {
  if (conntrack === null || conntrack.max === 0 || conntrack.count < FULL_SHARE * conntrack.max) return []
  const what = "the kernel's table of tracked connections is almost full: new connections are dropped"
  const evidence = [`${conntrack.count} of ${conntrack.max} entries are in use`]
  return [
    problem(
      'conntrack',
      what,
      evidence,
      'raise net.netfilter.nf_conntrack_max, or track none on these ports (notrack)',
    ),
  ]
}

function listenOverflows({ listenOverflows }: NetworkView): readonly Finding[] {
  if (listenOverflows === null || listenOverflows === 0) return []
  const what = 'connections were dropped since a listener did not take them in time'
  const evidence = [`${listenOverflows} since the start of this host (ListenOverflows of "nstat -az")`]
  const advice = 'where the number rises: raise net.core.somaxconn and the backlog of the proxy, or give it more cores'
  return [note('listen-overflows', what, evidence, advice)]
}
