import type { InterfaceAddress } from '../runtime/ports/netlink/netlink.ts'
import { bitsOf, familyOf, samePrefix } from '../runtime/wire/ip-address-bytes.ts'
import { advertPacketBytes, OWNER_PRIORITY } from '../runtime/wire/vrrp.ts'
import type { WrittenAddress } from './fields.ts'
import type { InstanceConfig, VirtualIp, VrrpConfig } from './gateway-config.ts'
import { notInSubnetHosts, subnetOf } from './host-addresses.ts'
import type { Problem } from './problems.ts'
import type { GatewayFile } from './schema.ts'

/** Below a second of adverts a director's interval may be a multiple of ours: what waits for it is bounded by seconds, not by ours. */
const SHORTEST_BOUND_MS = 3000

type VrrpSettings = Omit<GatewayFile['vrrp'], 'realtime'>

/** One instance as written, in either form. */
interface WrittenInstance {
  /** Where it is in the file; empty for the short form. */
  readonly path: Problem['path']
  readonly name: string
  readonly virtualRouterId: number
  readonly directorPriority: number
  readonly virtualIps: readonly WrittenAddress[]
  readonly vrrp: VrrpSettings
  /** Where its unicast peers are: with it, or with those of all. */
  readonly peersPath: Problem['path']
}

/** The instances of a file; its short form is one. */
export function instancesOf(file: GatewayFile): readonly WrittenInstance[] {
  const { virtualRouterId, directorPriority, virtualIps = [], vrrp } = file
  const peersPath = ['vrrp', 'unicastPeers']
  if (file.instances === undefined) {
    const name = defaultName(virtualRouterId)
    return [{ path: [], name, virtualRouterId, directorPriority, virtualIps, vrrp, peersPath }]
  }
  return file.instances.map((instance, index) => {
    const path = ['instances', index]
    return {
      path,
      name: instance.name ?? defaultName(instance.virtualRouterId),
      virtualRouterId: instance.virtualRouterId,
      directorPriority: instance.directorPriority,
      virtualIps: instance.virtualIps,
      vrrp: vrrpOf(vrrp, instance.vrrp),
      peersPath: instance.vrrp.unicastPeers === undefined ? peersPath : [...path, ...peersPath],
    }
  })
}

/** The name of an instance that the file does not name. */
export const defaultName = (virtualRouterId: number): string => `VI_${virtualRouterId}`

type Overrides = NonNullable<GatewayFile['instances']>[number]['vrrp']

const vrrpOf = (all: VrrpSettings, own: Overrides): VrrpSettings => ({
  version: own.version ?? all.version,
  advertInterval: own.advertInterval ?? all.advertInterval,
  preempt: own.preempt ?? all.preempt,
  preemptDelay: own.preemptDelay ?? all.preemptDelay,
  holdOff: own.holdOff ?? all.holdOff,
  longestInterval: own.longestInterval ?? all.longestInterval,
  strict: own.strict ?? all.strict,
  unicastPeers: own.unicastPeers ?? all.unicastPeers,
})

/** What the host says of the interface. */
interface Place {
  readonly interfaceName: string
  /** Its IPv4 addresses without the virtual ones. */
  readonly own: readonly InterfaceAddress[]
  readonly all: readonly InterfaceAddress[]
  /** Undefined where it is not known. */
  readonly mtu: number | undefined
  /** The one of `own` that is this node's; undefined where there is none. */
  readonly management: InterfaceAddress | undefined
}

/** Checks the instances against the host, and fills in what it knows. */
export function resolveInstances(
  written: readonly WrittenInstance[],
  place: Place,
): { readonly resolved: readonly InstanceConfig[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const resolved = written.map((instance): InstanceConfig => {
    problems.push(...ownerProblems(instance, place), ...peerProblems(instance, place), ...mtuProblems(instance, place))
    const virtualIps: VirtualIp[] = []
    for (const [index, address] of instance.virtualIps.entries()) {
      const whole = withPrefix(address, place)
      if (typeof whole === 'string') problems.push({ path: [...instance.path, 'virtualIps', index], text: whole })
      else virtualIps.push(whole)
    }
    const { name, virtualRouterId, directorPriority, vrrp } = instance
    const family = familyOf(instance.virtualIps[0]?.address ?? '')
    return { name, family, virtualRouterId, directorPriority, virtualIps, vrrp: inWireUnits(vrrp) }
  })
  return { resolved, problems }
}

const inWireUnits = (vrrp: VrrpSettings): VrrpConfig => ({
  version: vrrp.version,
  advertIntervalCs: vrrp.advertInterval / 10,
  preempt: vrrp.preempt,
  preemptDelayMs: vrrp.preemptDelay,
  holdOffMs: vrrp.holdOff,
  longestLearnedCs: (vrrp.longestInterval ?? Math.max(3 * vrrp.advertInterval, SHORTEST_BOUND_MS)) / 10,
  strict: vrrp.strict,
  unicastPeers: vrrp.unicastPeers,
})

function ownerProblems(instance: WrittenInstance, { interfaceName, all }: Place): readonly Problem[] {
  if (instance.directorPriority !== OWNER_PRIORITY) return []
  const held = new Set(all.map(({ address }) => address))
  const foreign = instance.virtualIps.find(({ address }) => !held.has(address))
  if (foreign === undefined) return []
  const text = `must be 1..254, is 255: that is for the owner of the virtual IPs, and ${foreign.address} is not on ${interfaceName}`
  return [{ path: [...instance.path, 'directorPriority'], text }]
}

/** No advert may be cut: who receives a piece cannot check it. */
function mtuProblems({ path, virtualIps, vrrp }: WrittenInstance, { interfaceName, mtu }: Place): readonly Problem[] {
  const family = familyOf(virtualIps[0]?.address ?? '')
  const bytes = advertPacketBytes(vrrp.version, family, virtualIps.length)
  if (mtu === undefined || bytes <= mtu) return []
  const text = `has ${virtualIps.length} addresses, which make an advert of ${bytes} bytes, and ${interfaceName} carries ${mtu} (its MTU); raise that on all nodes, or share them out over several instances`
  return [{ path: [...path, 'virtualIps'], text }]
}

/** Known here only, where managementIp may come from the host. */
function peerProblems({ vrrp, peersPath }: WrittenInstance, { management }: Place): readonly Problem[] {
  const index = management === undefined ? -1 : vrrp.unicastPeers.indexOf(management.address)
  if (index < 0) return []
  const text = `${management?.address} is this node's own address; list the other nodes only`
  return [{ path: [...peersPath, index], text }]
}

/** The address with its prefix, or why it cannot be told. */
function withPrefix(written: WrittenAddress, { own, interfaceName }: Place): VirtualIp | string {
  const { address } = written
  if (written.prefixLength !== null) return { address, prefixLength: written.prefixLength }
  // Without a subnet of its own: the routes are the node's business, and no prefix can be taken for the wrong one.
  if (familyOf(address) === 'ipv6') return { address, prefixLength: bitsOf(address) }
  const subnet = own.find((candidate) => samePrefix(candidate.address, address, candidate.prefixLength))
  if (subnet === undefined) {
    const subnets = own.map((candidate) => subnetOf(candidate.address, candidate.prefixLength)).join(', ')
    return `${address} is outside the subnet of ${interfaceName} (${subnets || 'none'}); correct it, or give its prefix: ${address}/32`
  }
  const misplaced = notInSubnetHosts(address, subnet.prefixLength)
  return misplaced === undefined
    ? { address, prefixLength: subnet.prefixLength }
    : `${address} ${misplaced}; choose a host address`
}
