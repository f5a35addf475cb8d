/** Puts what the actors say of themselves together to one status. Pure. */
import { textsOf, type Warning } from '../../runtime/actor-system/inspection/warning.ts'
import { parseIpv4 } from '../../runtime/wire/addresses.ts'
import type { AddressFamily } from '../../runtime/wire/ip-address-bytes.ts'
import type { MemberStatus } from '../discovery/messages.ts'
import type { DispatchedNode } from '../dispatcher/messages.ts'
import type { VrrpStatus } from '../elector/messages.ts'
import { foldRoles } from '../elector/messages.ts'
import { NO_RATES } from './history/history.ts'
import type { Diagnostics, GatewayStatus, InstanceStatus, NodeStatus, TrafficRates } from './messages.ts'
import type { Gathered, InstanceActors, InstanceSlices, Slices } from './slices.ts'

/** What is known of an instance before its actors have answered. */
export interface InstanceIdentity extends InstanceActors {
  readonly name: string
  readonly family: AddressFamily
  readonly virtualRouterId: number
  readonly directorPriority: number
  readonly virtualIps: readonly { readonly address: string }[]
  readonly vrrp: { readonly version: 2 | 3; readonly advertIntervalCs: number }
}

/** What is known of a node before any actor has answered. */
export interface GatewayIdentity {
  /** Of proxyha. */
  readonly version: string
  readonly name: string
  readonly managementIp: string
  /** In the order of the configuration; at least one. */
  readonly instances: readonly [InstanceIdentity, ...InstanceIdentity[]]
  readonly interfaceName: string
  readonly redirects: Diagnostics['redirects']
  readonly portRanges: Diagnostics['portRanges']
  readonly forwarding: 'kernel' | 'workers'
  /** What the start had to say. */
  readonly startWarnings: readonly Warning[]
}

interface StatusOptions {
  /** Every node that is known, also on a scanning node. */
  readonly all?: boolean
  /** Of a node, by its address. */
  readonly ratesOf?: (address: string) => TrafficRates
}

/** `warnings`: see `warningsIn`. Actors that are silent are shown as they were last, and named in a warning. */
export function assembleStatus(
  identity: GatewayIdentity,
  gathered: Gathered,
  warnings: readonly Warning[],
  { all = false, ratesOf = () => NO_RATES }: StatusOptions = {},
): GatewayStatus {
  const { slices } = gathered
  const monitor = slices['port-monitor']
  const [first, ...others] = identity.instances
  const instances: readonly [InstanceStatus, ...InstanceStatus[]] = [
    instanceOf(first, gathered.instances[0]),
    ...others.map((other, index) => instanceOf(other, gathered.instances[index + 1])),
  ]
  const { role } = foldRoles(new Map(instances.map((one) => [one.name, { ...one, virtualIps: [] }])))
  return {
    node: identity.name,
    role,
    forwarding: identity.forwarding,
    vrrp: vrrpOf(instances[0]),
    instances,
    virtualIps: instances.flatMap(({ virtualIps }) => virtualIps),
    monitor: { state: monitor?.state ?? 'failure', ports: monitor?.ports ?? uncheckedPorts(identity) },
    nodes: nodesOf(identity, slices, role === 'director', all, ratesOf),
    warnings: textsOf(warnings),
  }
}

/** Puts together what is asked beside the status; `pid` of this process. */
export function assembleDiagnostics(identity: GatewayIdentity, { slices }: Gathered, pid: number): Diagnostics {
  const { interfaceName, managementIp, redirects, portRanges } = identity
  const beacons = slices['raw-ip']?.counters[253]
  const forwarded = slices['fast-path']?.nodes.reduce((sum, { packets }) => sum + packets, 0)
  const counters = {
    discovery: slices.discovery?.counters,
    forwarder: slices.forwarder?.counters,
    'fast-path': forwarded === undefined ? undefined : { packets: forwarded },
    'raw-ip.253': beacons,
  }
  const named = Object.entries(counters).flatMap(([actor, counted]) =>
    Object.entries(counted ?? {}).map(([name, count]) => [`${actor}.${name}`, count] as const),
  )
  return {
    pid,
    interfaceName,
    managementIp,
    redirects: redirects.map(({ originalPorts, proxyPort }) => ({ originalPorts, proxyPort })),
    portRanges,
    holders: slices['fast-path']?.holders ?? null,
    counters: Object.fromEntries(named),
  }
}

/** Why a node is not fit for traffic; undefined when it is. */
export function unfitness(
  { instances }: GatewayIdentity,
  status: GatewayStatus,
  { silent, slices }: Gathered,
): string | undefined {
  for (const { elector } of instances) {
    const electorSilent = silent.get(elector)
    if (electorSilent !== undefined) return `${elector} ${electorSilent}`
  }
  const socketsSilent = silent.get('raw-ip')
  if (socketsSilent !== undefined) return `raw-ip ${socketsSilent}`
  // Deaf: no advert and no beacon comes or goes.
  if (slices['raw-ip']?.open === false) return slices['raw-ip'].warnings[0]?.text ?? 'the raw sockets are closed'
  if (status.role === 'initializing') return 'the role is not known yet'
  const [stranger] = slices.discovery?.strangers ?? []
  if (stranger !== undefined) return stranger
  const monitorSilent = silent.get('port-monitor')
  if (monitorSilent !== undefined) return `port-monitor ${monitorSilent}`
  if (status.monitor.state === 'ok') return undefined
  const problems = status.monitor.ports.filter(({ problem }) => problem !== null)
  return (
    problems.map(({ port, problem }) => `port ${port} ${problem}`).join(', ') || 'the proxy ports were not checked yet'
  )
}

function instanceOf(identity: InstanceIdentity, said: InstanceSlices | undefined): InstanceStatus {
  const { timings: _timings, ...vrrpSaid } = said?.elector ?? { timings: null }
  const { name, family, virtualRouterId, directorPriority, vrrp } = identity
  const silent: Omit<InstanceStatus, 'name' | 'family' | 'virtualIps' | 'warnings'> = {
    role: 'initializing',
    state: 'INIT',
    stateForMs: null,
    version: vrrp.version,
    virtualRouterId,
    priority: directorPriority,
    effectivePriority: directorPriority,
    tracking: [],
    advertIntervalMs: vrrp.advertIntervalCs * 10,
    masterIp: null,
    masterPriority: null,
    transitions: 0,
    yielding: false,
    holdOffMs: null,
    handOver: null,
    rivals: [],
    foreignRouters: [],
    vridsHeard: [],
    counters: {},
  }
  return {
    name,
    family,
    ...silent,
    ...vrrpSaid,
    virtualIps: said?.announcer?.virtualIps ?? identity.virtualIps.map(({ address }) => ({ address, held: false })),
    warnings: textsOf([...(said?.elector?.warnings ?? []), ...(said?.announcer?.warnings ?? [])]),
  }
}

function vrrpOf(instance: InstanceStatus): VrrpStatus {
  const { name: _name, family: _family, role: _role, virtualIps: _addresses, warnings: _warnings, ...vrrp } = instance
  return vrrp
}

function uncheckedPorts({ redirects }: GatewayIdentity): GatewayStatus['monitor']['ports'] {
  const ports = [...new Set(redirects.map(({ proxyPort }) => proxyPort))]
  return ports.map((port) => ({ port, listening: false, problem: 'was not checked yet' }))
}

/** On the director itself and all scanning nodes; on a scanning node the director and itself, unless all are wanted. */
function nodesOf(
  identity: GatewayIdentity,
  slices: Slices,
  isDirector: boolean,
  all: boolean,
  ratesOf: (address: string) => TrafficRates,
): readonly NodeStatus[] {
  const known = slices.discovery?.members ?? []
  const members = known.some(({ self }) => self) ? known : [...known, unseenSelf(identity, slices, isDirector)]
  const shown = isDirector || all ? members : members.filter(({ self, director }) => self || director)
  const rows = new Map(slices.dispatcher?.nodes.map((row) => [row.address, row]))
  // Only the one director there is, in workers mode, sees each connection of the group; else the nodes' own counts are the truth.
  const isOnlyDirector = isDirector && !members.some(({ self, director }) => director && !self)
  const countsHere = isOnlyDirector && identity.forwarding === 'workers'
  return shown
    .toSorted((one, other) => (parseIpv4(one.address) ?? 0) - (parseIpv4(other.address) ?? 0))
    .map((member) => {
      const row = rows.get(member.address)
      return nodeOf(member, row, countsHere, ratesOf(member.address))
    })
}

function nodeOf(
  member: MemberStatus,
  row: DispatchedNode | undefined,
  countsHere: boolean,
  rates: TrafficRates,
): NodeStatus {
  const activeConnections = countsHere && row !== undefined ? row.activeConnections : member.activeConnections
  return {
    name: member.name,
    address: member.address,
    mac: member.mac === '' ? null : member.mac,
    self: member.self,
    director: member.director,
    state: member.health,
    forwarding: member.forwarding,
    weight: row?.weight ?? 0,
    slots: row?.slots ?? 0,
    activeConnections,
    drained: member.health !== 'stale' && member.drained,
    maint: member.maint !== 'off',
    lastResort: member.health === 'draining' && (row?.lastResort ?? false),
    totalConnections: member.traffic?.connections ?? null,
    failedConnections: member.traffic?.failed ?? null,
    bytesIn: member.traffic?.bytesIn ?? null,
    bytesOut: member.traffic?.bytesOut ?? null,
    ...rates,
    cpu: member.cpu,
    memory: member.memory,
    capacity: member.capacity,
    agent: member.agent,
    failedPorts: member.failedPorts,
    overloaded: row?.overloaded ?? false,
    slowStart: row?.slowStart ?? null,
    reachMs: row?.reachMs ?? null,
    weightReason: row?.weightReason ?? null,
    lastSeenMs: member.lastSeenMs,
    source: member.source,
    ageMs: member.lastSeenMs,
    left: member.left,
    key: member.key,
    missing: member.missingSince !== null,
    missingSince: member.missingSince,
  }
}

/** This node while discovery has not told of it: what its other actors know. */
function unseenSelf(identity: GatewayIdentity, slices: Slices, director: boolean): MemberStatus {
  const load = slices['stats-reporter']?.load
  return {
    address: identity.managementIp,
    name: identity.name,
    mac: '',
    self: true,
    director,
    health: slices['port-monitor']?.state ?? 'failure',
    lastSeenMs: 0,
    source: 'self',
    traffic: null,
    left: false,
    key: null,
    missingSince: null,
    cpu: load?.cpu ?? 0,
    memory: load?.memory ?? 0,
    pressure: load?.pressure ?? null,
    activeConnections: load?.activeConnections ?? 0,
    capacity: 100,
    agent: null,
    failedPorts: [],
    drained: false,
    maint: 'off',
    forwarding: identity.forwarding,
  }
}
