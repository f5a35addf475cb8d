/**
 * The table of the actors; ARCHITECTURE.md has the drawing. Each thread loads it and of the rest only what its own row does, so it imports
 * types and little else.
 */

import type { AnnouncerOptions } from '../../actors/announcer/actor.ts'
import type { DiscoveryOptions } from '../../actors/discovery/options.ts'
import type { DispatcherOptions } from '../../actors/dispatcher/actor.ts'
import type { ElectorActorOptions } from '../../actors/elector/actor.ts'
import type { FastPathOptions } from '../../actors/fast-path/actor.ts'
import type { ForwarderSettings } from '../../actors/forwarder/pool.ts'
import type { InspectorOptions } from '../../actors/inspector/actor.ts'
import type { InstanceIdentity } from '../../actors/inspector/status.ts'
import type { NotifierOptions } from '../../actors/notifier/machine.ts'
import type { PortMonitorOptions } from '../../actors/port-monitor/actor.ts'
import type { DeepCheck } from '../../actors/port-monitor/deep-checks.ts'
import type { RawIpOptions } from '../../actors/raw-ip/actor.ts'
import type { StatsReporterOptions } from '../../actors/stats-reporter/actor.ts'
import type { AgentRules } from '../../actors/stats-reporter/agent.ts'
import type { WatcherOptions } from '../../actors/watcher/state.ts'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import type { ActorInstance, MailboxOptions } from '../actor-system/actor.ts'
import type { AgentQuestion } from '../ports/host/agent.ts'
import { errorOf, type Result } from '../ports/result.ts'
import { type ActorTable, namesIn, row, withClosedPorts, withPorts } from './actor-row.ts'
import type { InstancePlan } from './election-plans.ts'
import type { GatewayPlan } from './gateway-plan.ts'

/** Figures that are soon replaced by newer ones: of each kind only the newest has to arrive. */
const LATEST: MailboxOptions = { capacity: 64, overflow: 'keepLatest' }

const rawIp = row<RawIpOptions>({
  thread: 'main',
  realtime: true,
  stop: 11,
  describes: true,
  peers: ({ electors }) => [...electors, 'discovery'],
  options: ({ config, instances }) => ({
    interfaceName: config.interfaceName,
    sourceAddress: config.managementIp,
    ...(config.linkLocalAddress === null ? {} : { ipv6SourceAddress: config.linkLocalAddress }),
    routes: instances.map(({ elector, instance: { family, virtualRouterId } }) => ({
      elector: elector.name,
      family,
      virtualRouterId,
    })),
    beacons: {
      virtualRouterId: instances[0].instance.virtualRouterId,
      keys: config.cluster.keys,
      managementIp: config.managementIp,
      managementPrefixLength: config.managementPrefixLength,
    },
  }),
  load: async () => {
    const { startRawIp } = await import('../../actors/raw-ip/actor.ts')
    const { createLinuxRawIpPort, createLinuxRawIpv6Port } = await import('../ports/raw-ip/linux/raw-ip.ts')
    return withPorts(startRawIp, () => ({ rawIp: createLinuxRawIpPort(), rawIpv6: createLinuxRawIpv6Port() }))
  },
})

/** The pool of the forwarders' threads, which sends to nobody. */
const forwarder = row<ForwarderSettings>({
  thread: 'main',
  mode: 'workers',
  stop: 10,
  describes: true,
  peers: () => [],
  options: ({ forwarderSettings }) => forwarderSettings,
  load: async (gateway) => () => gateway?.forwarders?.asActor() as ActorInstance<unknown>,
})

/** With the announcer the whole way of an advert, and of a takeover. */
const elector = row<ElectorActorOptions>({
  thread: 'worker',
  nameOf: ({ elector }) => elector.name,
  realtime: true,
  configuredLast: true,
  stop: 1,
  describes: true,
  peers: ({ forwardedBy }, { announcer }) => [
    'raw-ip',
    announcer.name,
    'discovery',
    'dispatcher',
    forwardedBy,
    'watcher',
    'notifier',
  ],
  options: (_, { elector }) => elector.options,
  load: async () => {
    const { startElector } = await import('../../actors/elector/actor.ts')
    return withPorts(startElector, () => ({}))
  },
})

const announcer = row<AnnouncerOptions>({
  thread: 'worker',
  nameOf: ({ announcer }) => announcer.name,
  realtime: true,
  configuredLast: true,
  stop: 2,
  describes: true,
  peers: (_, { elector }) => [elector.name],
  controls: ({ forwardedBy }) => (forwardedBy === 'forwarder' ? [forwardedBy] : []),
  options: (_, { announcer }) => announcer.options,
  load: async () => {
    const { startAnnouncer } = await import('../../actors/announcer/actor.ts')
    const { openLinuxNetlink } = await import('../ports/netlink/linux/netlink.ts')
    const { openLinuxPacketPort } = await import('../ports/raw-ip/linux/packet.ts')
    const { rehearseTakeover } = await import('../ports/process/linux/rehearsal.ts')
    return withPorts(startAnnouncer, () => {
      const ports = { netlink: opened(openLinuxNetlink()), packet: opened(openLinuxPacketPort()) }
      rehearseTakeover(ports.netlink, ports.packet)
      return ports
    })
  },
})

const discovery = row<DiscoveryOptions>({
  thread: 'shared',
  stop: 7,
  describes: true,
  peers: ({ electors, fastPaths }) => ['raw-ip', 'dispatcher', 'stats-reporter', 'notifier', ...electors, ...fastPaths],
  options: ({ config, forwarding, electors, mac, sharedSettings, drainMark }) => ({
    name: config.name,
    managementIp: config.managementIp,
    managementPrefixLength: config.managementPrefixLength,
    mac,
    capacity: config.balancing.capacity,
    virtualRouterId: config.instances[0].virtualRouterId,
    instances: config.instances.map(({ name, family, virtualRouterId, directorPriority: priority }) => {
      return { name, family, virtualRouterId, priority }
    }),
    electors,
    keys: config.cluster.keys,
    insecure: config.cluster.insecure,
    intervalMs: config.beacons.intervalMs,
    staleAfterIntervals: 3,
    tellsFastPath: forwarding === 'kernel',
    drainMark,
    resetsOnFailure: config.health.onFailure === 'reset',
    settings: sharedSettings,
  }),
  load: async () => {
    const { startDiscovery } = await import('../../actors/discovery/actor.ts')
    const { linuxDrainMark } = await import('../ports/process/linux/drain-mark.ts')
    return withClosedPorts(startDiscovery, () => ({ drainMark: linuxDrainMark }))
  },
})

const dispatcher = row<DispatcherOptions>({
  thread: 'shared',
  mailbox: LATEST,
  stop: 8,
  describes: true,
  peers: ({ fastPaths }) => ['discovery', ...fastPaths],
  options: ({ config: { redirects, managementIp, beacons, balancing, health }, forwarding, table, clientIdleS }) => ({
    table: table.buffer,
    managementIp,
    absenceGraceMs: 3 * beacons.intervalMs,
    clientIdleS,
    slowStartMs: balancing.slowStartMs,
    tellsFastPath: forwarding === 'kernel',
    resetsOnFailure: health.onFailure === 'reset',
    triedPorts: [...new Set(redirects.map(({ proxyPort }) => proxyPort))],
    portsByRedirect: health.perPort ? redirects.map(({ proxyPort }) => proxyPort) : [],
  }),
  load: async () => {
    const { startDispatcher } = await import('../../actors/dispatcher/actor.ts')
    const { openLinuxReachProbe } = await import('../ports/sockets/linux/reach-probe.ts')
    return withClosedPorts(startDispatcher, () => ({ reach: openLinuxReachProbe() }))
  },
})

const fastPath = row<FastPathOptions>({
  thread: 'worker',
  mode: 'kernel',
  // Before the goodbye of discovery: it names the clients that have to stay.
  stop: 5,
  // It waits for the clients to hear of the next director.
  stopPatienceMs: 7000,
  describes: true,
  peers: ({ announcers }) => ['discovery', ...announcers],
  options: ({ fastPathSettings, announcers }) => ({ ...fastPathSettings, announcers }),
  load: async () => {
    const { startFastPath } = await import('../../actors/fast-path/actor.ts')
    const { openLinuxNetlink } = await import('../ports/netlink/linux/netlink.ts')
    const { createLinuxNft } = await import('../ports/nft/linux/nft.ts')
    const { openLinuxSocketTable } = await import('../ports/sockets/linux/socket-table.ts')
    return withPorts(startFastPath, () => ({
      nft: createLinuxNft(),
      netlink: opened(openLinuxNetlink()),
      sockets: opened(openLinuxSocketTable()),
    }))
  },
})

const watcher = row<WatcherOptions>({
  thread: 'shared',
  mailbox: LATEST,
  // It hears the next director speak, for which the fast path waits.
  stop: 6,
  describes: true,
  peers: ({ electors, announcers, fastPaths }) => [...electors, ...announcers, 'raw-ip', 'discovery', ...fastPaths],
  controls: () => ['supervisor'],
  options: ({ config, instances, electors, announcers, advertBytes }) => ({
    interfaceName: config.interfaceName,
    managementIp: config.managementIp,
    isManagementIpNamed: config.isManagementIpNamed,
    linkLocalAddress: config.linkLocalAddress,
    virtualIps: config.virtualIps.map(({ address }) => address),
    advertBytes,
    virtualRouterIds: config.instances.map(({ virtualRouterId }) => virtualRouterId),
    trackGateway: config.track.gateway !== 'off',
    electors,
    ipv6Electors: instances.flatMap(({ elector, instance }) => (instance.family === 'ipv6' ? [elector.name] : [])),
    announcers,
  }),
  load: async () => {
    const { startWatcher } = await import('../../actors/watcher/actor.ts')
    const { openLinuxKernelEvents } = await import('../ports/netlink/linux/kernel-events.ts')
    const { openLinuxPacketPort } = await import('../ports/raw-ip/linux/packet.ts')
    return withPorts(startWatcher, () => ({
      kernel: opened(openLinuxKernelEvents()),
      packet: opened(openLinuxPacketPort()),
    }))
  },
})

const portMonitor = row<PortMonitorOptions>({
  thread: 'shared',
  stop: 3,
  describes: true,
  peers: ({ electors }) => ['discovery', ...electors],
  options: ({ config: { redirects, health, track } }) => {
    const { intervalMs: pollMs, fall, rise, perPort } = health
    const scripts = track.scripts.map(({ effect: _, ...script }) => script)
    return { redirects, checks: deepChecks(redirects), pollMs, fall, rise, perPort, scripts }
  },
  load: async () => {
    const { startPortMonitor } = await import('../../actors/port-monitor/actor.ts')
    const { openLinuxProxyProbe } = await import('../ports/sockets/linux/proxy-probe.ts')
    const { openLinuxSocketTable } = await import('../ports/sockets/linux/socket-table.ts')
    const { openLinuxPrograms } = await import('../ports/process/linux/programs.ts')
    const ports = () => ({
      sockets: opened(openLinuxSocketTable()),
      proxies: openLinuxProxyProbe(),
      programs: openLinuxPrograms(),
    })
    return withClosedPorts(startPortMonitor, ports)
  },
})

const statsReporter = row<StatsReporterOptions>({
  thread: 'shared',
  stop: 4,
  describes: true,
  peers: () => ['discovery'],
  options: ({ config, forwarding, fastPathSettings, proxyPorts }) => ({
    proxyPorts,
    servedAddresses: forwarding === 'kernel' ? fastPathSettings.virtualIps : [config.managementIp],
    namesHolders: forwarding === 'kernel',
    agent: agentRules(config),
  }),
  load: async () => {
    const { startStatsReporter } = await import('../../actors/stats-reporter/actor.ts')
    const { openLinuxSocketTable } = await import('../ports/sockets/linux/socket-table.ts')
    const { createLinuxSystemLoad } = await import('../ports/host/linux/system-load.ts')
    const { openLinuxAgent } = await import('../ports/host/linux/agent.ts')
    return withClosedPorts(startStatsReporter, () => ({
      sockets: opened(openLinuxSocketTable()),
      load: createLinuxSystemLoad(),
      agent: openLinuxAgent(),
    }))
  },
})

/** Last of all, so that it hears what the end of the others is. */
const notifier = row<NotifierOptions>({
  thread: 'shared',
  stop: 12,
  // Its own farewell is shorter.
  stopPatienceMs: 5000,
  describes: true,
  peers: () => [],
  options: ({ config: { name, managementIp: address, instances, notify: notifiers } }) => {
    return { name, address, priority: instances[0].directorPriority, notifiers, refusal: null }
  },
  load: async () => {
    const { startNotifier } = await import('../../actors/notifier/actor.ts')
    const { openLinuxWebhooks } = await import('../ports/host/linux/webhooks.ts')
    const { openLinuxPrograms } = await import('../ports/process/linux/programs.ts')
    return withClosedPorts(startNotifier, () => ({ programs: openLinuxPrograms(), webhooks: openLinuxWebhooks() }))
  },
})

const inspector = row<InspectorOptions>({
  thread: 'worker',
  stop: 9,
  peers: () => [],
  observes: true,
  controls: (gateway) => [...describing(gateway), 'supervisor'],
  options: (gateway) => {
    const { config, version, forwarding, startWarnings, instances, lostLines, timelineFile } = gateway
    return {
      version,
      name: config.name,
      managementIp: config.managementIp,
      interfaceName: config.interfaceName,
      redirects: config.redirects,
      portRanges: config.portRanges,
      forwarding,
      startWarnings,
      control: config.control,
      inspector: config.inspector,
      instances: [identityOf(instances[0]), ...instances.slice(1).map(identityOf)],
      described: describing(gateway),
      lostLines,
      timelineFile,
    }
  },
  load: async () => {
    const { startInspector } = await import('../../actors/inspector/actor.ts')
    const { privately } = await import('../ports/process/linux/umask.ts')
    const { linuxJournalFile } = await import('../ports/process/linux/journal-file.ts')
    return withPorts(startInspector, () => ({ privately, journalFile: linuxJournalFile }))
  },
})

/** In the order in which they are shown. */
export const actors: ActorTable = {
  'raw-ip': rawIp,
  forwarder,
  elector,
  announcer,
  discovery,
  dispatcher,
  'fast-path': fastPath,
  watcher,
  'port-monitor': portMonitor,
  'stats-reporter': statsReporter,
  notifier,
  inspector,
}

function describing(gateway: GatewayPlan): readonly string[] {
  return [...namesIn(actors, gateway)].flatMap(([name, names]) => (actors[name]?.describes ? names : []))
}

/** The keys of a check are those of its kind: the schema has seen to that. */
function deepChecks(redirects: GatewayConfig['redirects']): readonly DeepCheck[] {
  return redirects.flatMap(({ proxyPort: port, check }): DeepCheck[] => {
    if (check === null) return []
    const { url, expectedStatus, intervalMs, timeoutMs } = check
    return [
      url === null
        ? { probe: { type: 'connect', port, timeoutMs }, intervalMs }
        : { probe: { type: 'http', port, url, expectedStatus, timeoutMs }, intervalMs },
    ]
  })
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

/** The port, or an error that crashes the actor with what the kernel said. */
function opened<Port>(result: Result<Port>): Port {
  if (!result.ok) throw errorOf(result)
  return result.value
}
