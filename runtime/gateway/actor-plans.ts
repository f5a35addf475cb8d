import type { DiscoveryOptions } from '../../actors/discovery/state.ts'
import type { DispatcherOptions } from '../../actors/dispatcher/actor.ts'
import type { FastPathOptions } from '../../actors/fast-path/actor.ts'
import type { ForwarderPool } from '../../actors/forwarder/pool.ts'
import type { InspectorOptions } from '../../actors/inspector/actor.ts'
import type { InstanceIdentity } from '../../actors/inspector/status.ts'
import type { PortMonitorOptions } from '../../actors/port-monitor/actor.ts'
import type { DeepCheck } from '../../actors/port-monitor/deep-checks.ts'
import { type RawIpOptions, startRawIp } from '../../actors/raw-ip/actor.ts'
import type { StatsReporterOptions } from '../../actors/stats-reporter/actor.ts'
import type { AgentRules } from '../../actors/stats-reporter/agent.ts'
import type { WatcherOptions } from '../../actors/watcher/state.ts'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import type { ActorInstance, MailboxOptions } from '../actor-system/actor.ts'
import type { StartCell } from '../actor-system/supervision/cell.ts'
import type { ActorPlan } from '../actor-system/supervision/plan.ts'
import type { RestartPolicy } from '../actor-system/supervision/restart-policy.ts'
import type { AgentQuestion } from '../ports/host/agent.ts'
import { createLinuxRawIpPort, createLinuxRawIpv6Port } from '../ports/raw-ip/linux/raw-ip.ts'
import type { ConnectionTable } from '../table/connection-table.ts'
import { advertPacketBytes } from '../wire/vrrp.ts'
import { type InstancePlan, planInstances } from './election-plans.ts'
import { CLIENT_IDLE_S, type ForwardingMode, fastPathSettings, forwarderSettings } from './forwarding-mode.ts'
import { sharedSettings } from './shared-settings.ts'
import { readVersion } from './version.ts'

/** An actor may crash that often in a minute; the next time the node is taken out of the group. */
export const RESTART: RestartPolicy = { maxRestarts: 5, windowMs: 60_000, backoffMs: { first: 50, max: 2000 } }
const MAILBOX: MailboxOptions = { capacity: 1024, overflow: 'dropNewest' }
/** Figures that are soon replaced by newer ones: of each kind only the newest has to arrive. */
const LATEST: MailboxOptions = { capacity: 64, overflow: 'keepLatest' }

/** It waits for the clients to hear of the next director. */
const FAST_PATH_STOP_MS = 7000

/** What the plans depend on beside the configuration. It stays as it was at the start, so that of two plans only settings differ. */
export interface GatewayPlace {
  /** Of the interface. */
  readonly mac: string
  /** Ports on which somebody listens unbound, so that the virtual IP's own cannot be bound. */
  readonly takenPorts: ReadonlySet<number>
  readonly table: ConnectionTable
  readonly forwarding: ForwardingMode
  /** What the start has to say, for as long as the gateway runs. */
  readonly startWarnings: readonly string[]
  /** The virtual IPs are silent from the end of a lease on. */
  readonly fenced: boolean
  /** Monotonic. */
  readonly plannedAtMs: number
}

/** The actors of a gateway, and who talks to whom; ARCHITECTURE.md has the drawing. `forwarders` is there in workers mode only. */
export function planActors(
  config: GatewayConfig,
  place: GatewayPlace,
  forwarders: ForwarderPool | undefined,
): readonly ActorPlan[] {
  const { mac, table, forwarding } = place
  const { redirects } = config
  const virtualIps = config.virtualIps.map(({ address }) => address)
  const worker = (
    name: string,
    options: unknown,
    peers: readonly string[],
    mailbox: MailboxOptions = MAILBOX,
  ): ActorPlan => ({ name, placement: 'worker', peers, mailbox, options, restart: RESTART })

  const main = (name: string, options: unknown, start: StartCell, peers: readonly string[]): ActorPlan => ({
    name,
    placement: 'main',
    start,
    peers,
    mailbox: MAILBOX,
    options,
    restart: RESTART,
  })

  const forwardedBy = forwarding === 'kernel' ? 'fast-path' : 'forwarder'
  const instances = planInstances(config, { ...place, forwardedBy })
  const [{ instance: first }] = instances
  const electors = instances.map(({ elector }) => elector.name)
  const announcers = instances.map(({ announcer }) => announcer.name)
  const rawIp: RawIpOptions = {
    interfaceName: config.interfaceName,
    sourceAddress: config.managementIp,
    ...(config.linkLocalAddress === null ? {} : { ipv6SourceAddress: config.linkLocalAddress }),
    routes: instances.map(({ elector, instance: { family, virtualRouterId } }) => ({
      elector: elector.name,
      family,
      virtualRouterId,
    })),
    beacons: {
      virtualRouterId: first.virtualRouterId,
      key: config.cluster.key,
      managementIp: config.managementIp,
      managementPrefixLength: config.managementPrefixLength,
    },
  }
  const discovery: DiscoveryOptions = {
    name: config.name,
    managementIp: config.managementIp,
    managementPrefixLength: config.managementPrefixLength,
    mac,
    capacity: config.balancing.capacity,
    virtualRouterId: first.virtualRouterId,
    instances: config.instances.map(({ name, family, virtualRouterId, directorPriority: priority }) => {
      return { name, family, virtualRouterId, priority }
    }),
    electors,
    key: config.cluster.key,
    insecure: config.cluster.insecure,
    intervalMs: config.beacons.intervalMs,
    staleAfterIntervals: 3,
    tellsFastPath: forwarding === 'kernel',
    drainMark: `${config.control.socketPath}.draining`,
    resetsOnFailure: config.health.onFailure === 'reset',
    settings: sharedSettings(config, forwarding),
  }
  const dispatcher: DispatcherOptions = {
    table: table.buffer,
    managementIp: config.managementIp,
    absenceGraceMs: 3 * config.beacons.intervalMs,
    clientIdleS: CLIENT_IDLE_S,
    slowStartMs: config.balancing.slowStartMs,
    tellsFastPath: forwarding === 'kernel',
    resetsOnFailure: config.health.onFailure === 'reset',
    triedPorts: [...new Set(redirects.map(({ proxyPort }) => proxyPort))],
    portsByRedirect: config.health.perPort ? redirects.map(({ proxyPort }) => proxyPort) : [],
  }
  const fastPaths = forwarding === 'kernel' ? ['fast-path'] : []
  const fastPath: FastPathOptions = { ...fastPathSettings(config), announcers }
  const watcher: WatcherOptions = {
    interfaceName: config.interfaceName,
    managementIp: config.managementIp,
    isManagementIpNamed: config.isManagementIpNamed,
    linkLocalAddress: config.linkLocalAddress,
    virtualIps,
    advertBytes: Math.max(
      ...config.instances.map(({ vrrp, family, virtualIps: own }) =>
        advertPacketBytes(vrrp.version, family, own.length),
      ),
    ),
    virtualRouterIds: config.instances.map(({ virtualRouterId }) => virtualRouterId),
    trackGateway: config.track.gateway !== 'off',
    electors,
    ipv6Electors: instances.flatMap(({ elector, instance }) => (instance.family === 'ipv6' ? [elector.name] : [])),
    announcers,
  }
  const portMonitor: PortMonitorOptions = portMonitorOptions(config)
  const statsReporter: StatsReporterOptions = {
    redirects,
    servedAddresses: forwarding === 'kernel' ? fastPath.virtualIps : [config.managementIp],
    namesHolders: forwarding === 'kernel',
    agent: agentRules(config),
  }
  const inspector: InspectorOptions = {
    version: readVersion(),
    name: config.name,
    managementIp: config.managementIp,
    interfaceName: config.interfaceName,
    redirects,
    forwarding,
    startWarnings: place.startWarnings,
    control: config.control,
    inspector: config.inspector,
    instances: [identityOf(instances[0]), ...instances.slice(1).map(identityOf)],
  }
  const described = [
    ...electors,
    ...announcers,
    'discovery',
    'dispatcher',
    'port-monitor',
    'stats-reporter',
    'raw-ip',
    forwardedBy,
    'watcher',
  ]
  // The whole way of an advert, and of a takeover, goes before everything ordinary on the host.
  const realtime = config.realtime === 'auto'
  const election = instances.flatMap(({ elector, announcer }): readonly ActorPlan[] => {
    const peers = ['raw-ip', announcer.name, 'discovery', 'dispatcher', forwardedBy, 'watcher']
    return [
      { ...worker(elector.name, elector.options, peers), runs: 'elector', realtime },
      { ...worker(announcer.name, announcer.options, [elector.name, forwardedBy]), runs: 'announcer', realtime },
    ]
  })
  const startSockets: StartCell = (context) => {
    const ports = { rawIp: createLinuxRawIpPort(), rawIpv6: createLinuxRawIpv6Port() }
    return startRawIp(context, rawIp, ports) as ActorInstance<unknown>
  }
  return [
    { ...main('raw-ip', rawIp, startSockets, [...electors, 'discovery']), realtime },
    ...(forwarders === undefined
      ? []
      : [
          main(
            'forwarder',
            forwarderSettings(config, place.takenPorts),
            () => forwarders.asActor() as ActorInstance<unknown>,
            [],
          ),
        ]),
    ...election,
    worker('discovery', discovery, ['raw-ip', 'dispatcher', 'stats-reporter', ...electors, ...fastPaths]),
    worker('dispatcher', dispatcher, ['discovery', ...fastPaths], LATEST),
    ...fastPaths.map((name) => ({
      ...worker(name, fastPath, ['discovery', ...announcers]),
      stopPatienceMs: FAST_PATH_STOP_MS,
    })),
    {
      ...worker('watcher', watcher, [...electors, ...announcers, 'raw-ip', 'discovery', ...fastPaths], LATEST),
      controls: ['supervisor'],
    },
    worker('port-monitor', portMonitor, ['discovery', ...electors]),
    worker('stats-reporter', statsReporter, ['discovery']),
    { ...worker('inspector', inspector, []), observes: true, controls: [...described, 'supervisor'] },
  ]
}

/** The keys of a check are those of its kind: the schema has seen to that. */
function portMonitorOptions({ redirects, health }: GatewayConfig): PortMonitorOptions {
  const checks = redirects.flatMap(({ proxyPort: port, check }): DeepCheck[] => {
    if (check === null) return []
    const { url, expectedStatus, intervalMs, timeoutMs } = check
    return [
      url === null
        ? { probe: { type: 'connect', port, timeoutMs }, intervalMs }
        : { probe: { type: 'http', port, url, expectedStatus, timeoutMs }, intervalMs },
    ]
  })
  const { intervalMs: pollMs, fall, rise, perPort } = health
  return { redirects, checks, pollMs, fall, rise, perPort }
}

function agentRules({ agent: { command, url, intervalMs, timeoutMs } }: GatewayConfig): AgentRules | null {
  if (url === null && command.length === 0) return null
  const question: AgentQuestion =
    url === null ? { type: 'command', command, timeoutMs } : { type: 'http', url, timeoutMs }
  return { question, intervalMs }
}

const identityOf = ({ instance, elector, announcer }: InstancePlan): InstanceIdentity => ({
  ...instance,
  elector: elector.name,
  announcer: announcer.name,
})
