import type { InterfaceAddress } from '../runtime/ports/netlink.ts'
import { familyOf, isLinkLocal } from '../runtime/wire/ip-address-bytes.ts'
import type { WrittenAddress } from './fields.ts'
import { notInSubnetHosts, sameSubnet, subnetOf } from './ipv4-rules.ts'
import { type Checked, formatProblem, type Problem } from './problems.ts'
import type { GatewayConfig, GatewayFile, VirtualIp } from './schema.ts'

/** What the configuration needs to know of the host it is for. */
export interface HostFacts {
  readonly hostname: string
  /** Cores that may be used, 1 or more. */
  readonly cores: number
  /** Addresses of the configured interface as the kernel has them now, virtual IPs that are still there included. */
  readonly interfaceAddresses: readonly InterfaceAddress[]
}

/** Only the owner of the virtual IPs has this priority, and the owner always has it (RFC 9568 §5.2.4). */
const OWNER_PRIORITY = 255

/** Fills in what the host knows and checks the file against it. */
export function resolveConfig(file: GatewayFile, host: HostFacts): Checked<GatewayConfig> {
  const own = ownAddresses(file, host)
  const management = file.managementIp === undefined ? own[0] : own.find(({ address }) => address === file.managementIp)
  const problems: Problem[] = [
    ...managementProblems(file, own, management),
    ...ownerProblems(file, host),
    ...peerProblems(file, management),
  ]
  const family = familyOf(file.virtualIps[0]?.address ?? '')
  const linkLocalAddress = family === 'ipv6' ? linkLocalOf(file, host) : null
  if (linkLocalAddress === undefined) {
    const text = `${file.interface} has no IPv6 link-local address, which adverts of IPv6 are sent from; is IPv6 disabled there?`
    problems.push({ path: ['interface'], text })
  }
  const virtualIps: VirtualIp[] = []
  for (const [index, written] of file.virtualIps.entries()) {
    const resolved = withPrefix(written, own, file.interface)
    if (typeof resolved === 'string') problems.push({ path: ['virtualIps', index], text: resolved })
    else virtualIps.push(resolved)
  }
  if (problems.length > 0 || management === undefined || linkLocalAddress === undefined)
    return { ok: false, problems: problems.map(formatProblem) }
  return { ok: true, value: { ...assemble(file, host, management, virtualIps), family, linkLocalAddress } }
}

/** The interface's IPv4 addresses without the virtual IPs: a crash may have left those behind. */
function ownAddresses(file: GatewayFile, host: HostFacts): readonly InterfaceAddress[] {
  const virtual = new Set(file.virtualIps.map(({ address }) => address))
  return host.interfaceAddresses.filter(({ family, address }) => family === 4 && !virtual.has(address))
}

/** Not a virtual one: those too may be link-local. */
function linkLocalOf(file: GatewayFile, host: HostFacts): string | undefined {
  const virtual = new Set(file.virtualIps.map(({ address }) => address))
  return host.interfaceAddresses.find(({ address }) => isLinkLocal(address) && !virtual.has(address))?.address
}

function managementProblems(
  file: GatewayFile,
  own: readonly InterfaceAddress[],
  management: InterfaceAddress | undefined,
): readonly Problem[] {
  if (management !== undefined) return []
  if (own.length === 0) {
    const text = `${file.interface} has no IPv4 address besides the virtual IPs; give it one, or name another interface`
    return [{ path: ['interface'], text }]
  }
  const there = own.map(({ address }) => address).join(', ')
  return [
    { path: ['managementIp'], text: `${file.managementIp} is not an address of ${file.interface}; it has ${there}` },
  ]
}

function ownerProblems(file: GatewayFile, host: HostFacts): readonly Problem[] {
  if (file.directorPriority !== OWNER_PRIORITY) return []
  const held = new Set(host.interfaceAddresses.map(({ address }) => address))
  const foreign = file.virtualIps.find(({ address }) => !held.has(address))
  if (foreign === undefined) return []
  const text = `must be 1..254, is 255: that is for the owner of the virtual IPs, and ${foreign.address} is not on ${file.interface}`
  return [{ path: ['directorPriority'], text }]
}

/** Known here only, where managementIp may come from the host. */
function peerProblems(file: GatewayFile, management: InterfaceAddress | undefined): readonly Problem[] {
  if (management === undefined) return []
  const index = file.vrrp.unicastPeers.indexOf(management.address)
  if (index < 0) return []
  const path = ['vrrp', 'unicastPeers', index]
  return [{ path, text: `${management.address} is this node's own address; list the other nodes only` }]
}

/** The address with its prefix, or why it cannot be told. */
function withPrefix(
  written: WrittenAddress,
  own: readonly InterfaceAddress[],
  interfaceName: string,
): VirtualIp | string {
  const { address } = written
  if (written.prefixLength !== null) return { address, prefixLength: written.prefixLength }
  // Without a subnet of its own: the routes are the node's business, and no prefix can be taken for the wrong one.
  if (familyOf(address) === 'ipv6') return { address, prefixLength: 128 }
  const subnet = own.find((candidate) => sameSubnet(candidate.address, address, candidate.prefixLength))
  if (subnet === undefined) {
    const subnets = own.map((candidate) => subnetOf(candidate.address, candidate.prefixLength)).join(', ')
    return `${address} is outside the subnet of ${interfaceName} (${subnets || 'none'}); correct it, or give its prefix: ${address}/32`
  }
  const misplaced = notInSubnetHosts(address, subnet.prefixLength)
  return misplaced === undefined
    ? { address, prefixLength: subnet.prefixLength }
    : `${address} ${misplaced}; choose a host address`
}

function assemble(
  file: GatewayFile,
  host: HostFacts,
  management: InterfaceAddress,
  virtualIps: readonly VirtualIp[],
): Omit<GatewayConfig, 'family' | 'linkLocalAddress'> {
  const { vrrp, garp, inspector, timeouts, limits } = file
  return {
    name: file.name ?? host.hostname,
    interfaceName: file.interface,
    managementIp: management.address,
    managementPrefixLength: management.prefixLength,
    directorPriority: file.directorPriority,
    virtualRouterId: file.virtualRouterId,
    virtualIps,
    redirects: file.redirects,
    forwarding: file.forwarding,
    vrrp: {
      version: vrrp.version,
      advertIntervalCs: vrrp.advertInterval / 10,
      preempt: vrrp.preempt,
      preemptDelayMs: vrrp.preemptDelay,
      holdOffMs: vrrp.holdOff,
      unicastPeers: vrrp.unicastPeers,
      realtime: vrrp.realtime,
    },
    track: file.track,
    garp: {
      burstCount: garp.count,
      repeatAfterMs: [...new Set(garp.repeatAfter)].sort((one, other) => one - other),
      refreshIntervalMs: garp.refresh === 0 ? null : garp.refresh,
    },
    cluster: { key: file.cluster.key ?? null },
    inspector: { address: inspector.listen.address, port: inspector.listen.port, token: inspector.token ?? null },
    control: { socketPath: file.control.socket },
    forwarders: { count: file.forwarders.count ?? host.cores },
    clients: { tableSize: file.clients.tableSize },
    limits: {
      connections: limits.connections,
      connectionsPerClient: limits.connectionsPerClient ?? limits.connections,
    },
    timeouts: { connectMs: timeouts.connect, idleMs: timeouts.idle, drainMs: timeouts.drain },
    beacons: { intervalMs: file.beacons.interval },
  }
}
