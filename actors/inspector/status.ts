/** Puts what the actors say of themselves together to one status. Pure. */
import { parseIpv4 } from '../../runtime/wire/addresses.ts'
import type { Member } from '../discovery/messages.ts'
import type { DispatchedNode } from '../dispatcher/messages.ts'
import type { GatewayStatus, NodeStatus } from './messages.ts'
import type { Gathered, Slices } from './slices.ts'

/** What is known of a node before any actor has answered. */
export interface GatewayIdentity {
  readonly name: string
  readonly managementIp: string
  readonly directorPriority: number
  readonly virtualRouterId: number
  readonly virtualIps: readonly { readonly address: string }[]
  readonly redirects: readonly { readonly proxyPort: number }[]
  readonly vrrp: { readonly version: 2 | 3; readonly advertIntervalCs: number }
  readonly forwarding: 'kernel' | 'workers'
}

/** `ownWarnings`: the inspector's. Actors that are silent are shown as they were last, and named in a warning. */
export function assembleStatus(
  identity: GatewayIdentity,
  { slices, silent }: Gathered,
  ownWarnings: readonly string[],
): GatewayStatus {
  const monitor = slices['port-monitor']
  return {
    node: identity.name,
    role: slices.elector?.role ?? 'initializing',
    forwarding: identity.forwarding,
    vrrp: vrrpOf(identity, slices),
    virtualIps: slices.announcer?.virtualIps ?? identity.virtualIps.map(({ address }) => ({ address, held: false })),
    monitor: { state: monitor?.state ?? 'failure', ports: monitor?.ports ?? uncheckedPorts(identity) },
    nodes: nodesOf(identity, slices),
    warnings: warningsOf({ slices, silent }, ownWarnings),
  }
}

/** Why a node is not fit for traffic; undefined when it is. */
export function unfitness(status: GatewayStatus, { silent }: Gathered): string | undefined {
  const electorSilent = silent.get('elector')
  if (electorSilent !== undefined) return `elector ${electorSilent}`
  if (status.role === 'initializing') return 'the role is not known yet'
  const monitorSilent = silent.get('port-monitor')
  if (monitorSilent !== undefined) return `port-monitor ${monitorSilent}`
  if (status.monitor.state === 'ok') return undefined
  const problems = status.monitor.ports.filter(({ problem }) => problem !== null)
  return (
    problems.map(({ port, problem }) => `port ${port} ${problem}`).join(', ') || 'the proxy ports were not checked yet'
  )
}

function vrrpOf(identity: GatewayIdentity, { elector }: Slices): GatewayStatus['vrrp'] {
  const { version, advertIntervalCs } = identity.vrrp
  return {
    state: elector?.state ?? 'INIT',
    version: elector?.version ?? version,
    virtualRouterId: elector?.virtualRouterId ?? identity.virtualRouterId,
    priority: elector?.priority ?? identity.directorPriority,
    effectivePriority: elector?.effectivePriority ?? identity.directorPriority,
    tracking: elector?.tracking ?? [],
    advertIntervalMs: elector?.advertIntervalMs ?? advertIntervalCs * 10,
    masterIp: elector?.masterIp ?? null,
    masterPriority: elector?.masterPriority ?? null,
    transitions: elector?.transitions ?? 0,
    yielding: elector?.yielding ?? false,
    holdOffMs: elector?.holdOffMs ?? null,
    handOver: elector?.handOver ?? null,
    rivals: elector?.rivals ?? [],
    foreignRouters: elector?.foreignRouters ?? [],
    vridsHeard: elector?.vridsHeard ?? [],
    counters: elector?.counters ?? {},
  }
}

function uncheckedPorts({ redirects }: GatewayIdentity): GatewayStatus['monitor']['ports'] {
  const ports = [...new Set(redirects.map(({ proxyPort }) => proxyPort))]
  return ports.map((port) => ({ port, listening: false, problem: 'was not checked yet' }))
}

/** On the director itself and all scanning nodes; on a scanning node the director and itself. */
function nodesOf(identity: GatewayIdentity, slices: Slices): readonly NodeStatus[] {
  const isDirector = slices.elector?.role === 'director'
  const known = slices.discovery?.members ?? []
  const members = known.some(({ self }) => self) ? known : [...known, unseenSelf(identity, slices)]
  const shown = isDirector ? members : members.filter(({ self, director }) => self || director)
  const rows = new Map(slices.dispatcher?.nodes.map((row) => [row.address, row]))
  // Only the one director there is, in workers mode, sees each connection of the group; else the nodes' own counts are the truth.
  const isOnlyDirector = isDirector && !members.some(({ self, director }) => director && !self)
  const countsHere = isOnlyDirector && identity.forwarding === 'workers'
  return shown
    .toSorted((one, other) => (parseIpv4(one.address) ?? 0) - (parseIpv4(other.address) ?? 0))
    .map((member) => nodeOf(member, rows.get(member.address), countsHere))
}

function nodeOf(member: Member, row: DispatchedNode | undefined, countsHere: boolean): NodeStatus {
  return {
    name: member.name,
    address: member.address,
    mac: member.mac === '' ? null : member.mac,
    self: member.self,
    director: member.director,
    state: member.health,
    weight: row?.weight ?? 0,
    slots: row?.slots ?? 0,
    activeConnections: countsHere && row !== undefined ? row.activeConnections : member.activeConnections,
    totalConnections: row?.totalConnections ?? 0,
    cpu: member.cpu,
    memory: member.memory,
    lastSeenMs: member.lastSeenMs,
  }
}

/** This node while discovery has not told of it: what its other actors know. */
function unseenSelf(identity: GatewayIdentity, slices: Slices): Member {
  const load = slices['stats-reporter']?.load
  return {
    address: identity.managementIp,
    name: identity.name,
    mac: '',
    self: true,
    director: slices.elector?.role === 'director',
    health: slices['port-monitor']?.state ?? 'failure',
    lastSeenMs: 0,
    cpu: load?.cpu ?? 0,
    memory: load?.memory ?? 0,
    pressure: load?.pressure ?? null,
    activeConnections: load?.activeConnections ?? 0,
  }
}

function warningsOf({ slices, silent }: Gathered, ownWarnings: readonly string[]): readonly string[] {
  const said = Object.values(slices).flatMap(
    (slice: { readonly warnings: readonly string[] } | null) => slice?.warnings ?? [],
  )
  const missing = Object.keys(slices).flatMap((actor) => {
    const reason = silent.get(actor as keyof Slices)
    return reason === undefined ? [] : [`${actor} ${reason}: its part of the status is old or missing`]
  })
  return [...new Set([...missing, ...said, ...ownWarnings])]
}
