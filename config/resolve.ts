import type { InterfaceAddress } from '../runtime/ports/netlink/netlink.ts'
import { isLinkLocal } from '../runtime/wire/ip-address-bytes.ts'
import { parsePortRange } from './fields.ts'
import {
  DEFAULT_SOCKET,
  type GatewayConfig,
  type InspectorToken,
  NOTIFY_EVENTS,
  type NotifierConfig,
  type ProxyCheck,
  type ScriptConfig,
} from './gateway-config.ts'
import { instancesOf, resolveInstances } from './instances.ts'
import { LOG_PARTS, type LoggingConfig } from './logging.ts'
import { type Checked, inLines, type Judged, type Problem } from './problems.ts'
import type { GatewayFile } from './schema.ts'
import { scriptName } from './script-name.ts'

const DEFAULT_IDLE_MS = 600_000
const DEFAULT_KEEP_ALIVE_MS = 60_000
/** As the schema has it. */
const NAME_CHARACTERS = 63

/** What the configuration needs to know of the host it is for. */
export interface HostFacts {
  readonly hostname: string
  /** Cores that may be used, 1 or more. */
  readonly cores: number
  /** Addresses of the configured interface as the kernel has them now, virtual IPs that are still there included. */
  readonly interfaceAddresses: readonly InterfaceAddress[]
  /** Bytes of the longest packet that it carries; missing: not known. */
  readonly mtu?: number
  /** Where the control socket of a gateway is that is started here; missing: `DEFAULT_SOCKET`. */
  readonly controlSocket?: string
  /** What a gateway that runs here goes by: kept where the interface has it still, and the file names no other. */
  readonly goesBy?: string
}

/** Fills in what the host knows and checks the file against it. */
export const resolveConfig = (file: GatewayFile, host: HostFacts): Checked<GatewayConfig> =>
  inLines(judgeOnHost(file, host))

/** The same, each mistake with its path: all of them are of this host. */
export function judgeOnHost(file: GatewayFile, host: HostFacts): Judged<GatewayConfig> {
  const written = instancesOf(file)
  const virtual = new Set(written.flatMap(({ virtualIps }) => virtualIps.map(({ address }) => address)))
  const own = ownAddresses(virtual, host)
  const wanted = file.managementIp ?? host.goesBy
  const found = own.find(({ address }) => address === wanted)
  const management = found ?? (file.managementIp === undefined ? own[0] : undefined)
  const place = { interfaceName: file.interface, own, all: host.interfaceAddresses, management, mtu: host.mtu }
  const instances = resolveInstances(written, place)
  const problems: Problem[] = [...managementProblems(file, own, management), ...instances.problems]
  const needsLinkLocal = instances.resolved.some(({ family }) => family === 'ipv6')
  const linkLocalAddress = needsLinkLocal ? linkLocalOf(virtual, host) : null
  if (linkLocalAddress === undefined) {
    const text = `${file.interface} has no IPv6 link-local address, which adverts of IPv6 are sent from; is IPv6 disabled there?`
    problems.push({ path: ['interface'], text })
  }
  const [first, ...others] = instances.resolved
  if (problems.length > 0 || management === undefined || linkLocalAddress === undefined || first === undefined)
    return { ok: false, problems: problems.map((problem) => ({ ...problem, ofHost: true })) }
  return { ok: true, value: { ...assemble(file, host, management, [first, ...others]), linkLocalAddress } }
}

/** The interface's IPv4 addresses without the virtual IPs: a crash may have left those behind. */
function ownAddresses(virtual: ReadonlySet<string>, host: HostFacts): readonly InterfaceAddress[] {
  return host.interfaceAddresses.filter(({ family, address }) => family === 4 && !virtual.has(address))
}

/** Not a virtual one: those too may be link-local. */
function linkLocalOf(virtual: ReadonlySet<string>, host: HostFacts): string | undefined {
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

/** None of what has ranges: that a redirect has either is seen to. */
function redirectOf({
  originalPorts,
  proxyPort,
  check,
  ...redirect
}: GatewayFile['redirects'][number]): GatewayConfig['redirects'] {
  const ports = originalPorts.filter((port) => typeof port === 'number')
  if (proxyPort === undefined || ports.length === 0) return []
  return [{ ...redirect, originalPorts: ports, proxyPort, check: checkOf(check) }]
}

function checkOf(check: GatewayFile['redirects'][number]['check']): ProxyCheck | null {
  if (check === undefined) return null
  const { url, expectedStatus, interval, timeout } = check
  return { url: url ?? null, expectedStatus: expectedStatus ?? [], intervalMs: interval, timeoutMs: timeout }
}

/** The kernel takes any text for its hostname; others take a node's name only as the configuration does. Undefined where nothing is left of it. */
function nameOfHost(hostname: string): string | undefined {
  const name = hostname
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, NAME_CHARACTERS)
  return name === '' ? undefined : name
}

function scriptsOf({ scripts = [] }: GatewayFile['track']): readonly ScriptConfig[] {
  return scripts.map(({ name, command, interval, timeout, rise, fall, weight }) => ({
    name: name ?? scriptName(command),
    command,
    intervalMs: interval,
    timeoutMs: timeout ?? interval,
    rise,
    fall,
    effect: weight ?? 'fault',
  }))
}

function notifiersOf({ notify = [] }: GatewayFile): readonly NotifierConfig[] {
  return notify.map(({ on, command, url, timeout }) => {
    const events = NOTIFY_EVENTS.filter((event) => on === undefined || on.includes(event))
    return { on: events, command: command ?? [], url: url ?? null, timeoutMs: timeout }
  })
}

/** Whoever has the one token of `token` looks, as ever. */
function tokensOf({ token, tokens = [] }: GatewayFile['inspector']): readonly InspectorToken[] {
  const one: readonly InspectorToken[] = token === undefined ? [] : [{ role: 'viewer', token, tokenFile: null }]
  // What `tokenFile` names has been read into `token` by now.
  const listed = tokens.map(({ role, token = '', tokenFile = null }) => ({ role, token, tokenFile }))
  return [...one, ...listed]
}

/** Where the file says `idle` and nothing else of silence, that is meant for all connections, tunnels as well. */
function timeoutsOf(written: GatewayFile['timeouts']): GatewayConfig['timeouts'] {
  const { connect, idle, tunnel, keepAlive, drain } = written
  const idleMs = idle ?? DEFAULT_IDLE_MS
  const tunnelMs = tunnel ?? (idle !== undefined && keepAlive === undefined ? idle : 0)
  return { connectMs: connect, idleMs, tunnelMs, keepAliveMs: keepAlive ?? DEFAULT_KEEP_ALIVE_MS, drainMs: drain }
}

/** In the order of the parts, whatever that of the file is. */
function loggingOf({ levels = {}, ...logging }: GatewayFile['logging']): LoggingConfig {
  const named = LOG_PARTS.flatMap((part) => {
    const level = levels[part]
    return level === undefined ? [] : [{ part, level }]
  })
  return { ...logging, levels: named }
}

function assemble(
  file: GatewayFile,
  host: HostFacts,
  management: InterfaceAddress,
  instances: GatewayConfig['instances'],
): Omit<GatewayConfig, 'linkLocalAddress'> {
  const { garp, inspector, timeouts, limits } = file
  return {
    name: file.name ?? nameOfHost(host.hostname) ?? management.address,
    interfaceName: file.interface,
    managementIp: management.address,
    managementPrefixLength: management.prefixLength,
    // The unicast peers know this node by it: by another one nobody would hear it, and it would lead beside them.
    isManagementIpNamed: file.managementIp !== undefined || instances.some(({ vrrp }) => vrrp.unicastPeers.length > 0),
    instances,
    virtualIps: instances.flatMap(({ virtualIps }) => virtualIps),
    redirects: file.redirects.flatMap(redirectOf),
    portRanges: file.redirects.flatMap(({ originalPorts }) =>
      originalPorts.flatMap((port) => parsePortRange(port) ?? []),
    ),
    forwarding: file.forwarding,
    realtime: file.vrrp.realtime,
    track: { ...file.track, scripts: scriptsOf(file.track) },
    notify: notifiersOf(file),
    agent: {
      command: file.agent.command ?? [],
      url: file.agent.url ?? null,
      intervalMs: file.agent.interval,
      timeoutMs: file.agent.timeout,
    },
    health: {
      intervalMs: file.health.interval,
      fall: file.health.fall,
      rise: file.health.rise,
      perPort: file.health.perPort,
      onFailure: file.health.onFailure,
    },
    garp: {
      burstCount: garp.count,
      repeatAfterMs: [...new Set(garp.repeatAfter)].sort((one, other) => one - other),
      refreshIntervalMs: garp.refresh === 0 ? null : garp.refresh,
    },
    cluster: {
      keys: file.cluster.keys ?? (file.cluster.key === undefined ? [] : [file.cluster.key]),
      keyFile: file.cluster.keyFile ?? null,
      insecure: file.cluster.insecure,
    },
    inspector: { address: inspector.listen.address, port: inspector.listen.port, tokens: tokensOf(inspector) },
    control: { socketPath: file.control.socket ?? host.controlSocket ?? DEFAULT_SOCKET },
    forwarders: { count: file.forwarders.count ?? host.cores },
    clients: { tableSize: file.clients.tableSize },
    limits: {
      connections: limits.connections,
      connectionsPerClient: limits.connectionsPerClient ?? limits.connections,
    },
    timeouts: timeoutsOf(timeouts),
    balancing: {
      capacity: file.balancing.capacity,
      slowStartMs: file.balancing.slowStart,
      affinity: file.balancing.affinity,
    },
    beacons: { intervalMs: file.beacons.interval },
    logging: loggingOf(file.logging),
  }
}
