import { isIPv4 } from 'node:net'
import type { AnnouncerOptions } from '../actors/announcer/actor.ts'
import type { DiscoveryOptions } from '../actors/discovery/state.ts'
import type { DispatcherOptions } from '../actors/dispatcher/actor.ts'
import type { ElectorOptions } from '../actors/elector/state.ts'
import type { FastPathSettings } from '../actors/fast-path/state.ts'
import type { ForwarderPool } from '../actors/forwarder/pool.ts'
import type { InspectorOptions } from '../actors/inspector/actor.ts'
import type { PortMonitorOptions } from '../actors/port-monitor/actor.ts'
import { type RawIpOptions, startRawIp } from '../actors/raw-ip/actor.ts'
import type { StatsReporterOptions } from '../actors/stats-reporter/actor.ts'
import type { WatcherOptions } from '../actors/watcher/state.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { CLIENT_IDLE_S, type ForwardingMode, fastPathSettings } from './forwarding-mode.ts'
import { linuxClock } from './ports/linux/clock.ts'
import { createLinuxRawIpPort, createLinuxRawIpv6Port } from './ports/linux/raw-ip.ts'
import type { ActorInstance, MailboxOptions } from './system/actor.ts'
import type { StartCell } from './system/cell.ts'
import type { ActorPlan } from './system/plan.ts'
import type { RestartPolicy } from './system/restart-policy.ts'
import type { ConnectionTable } from './table/connection-table.ts'

/** An actor may crash that often in a minute; the next time the node is taken out of the group. */
export const RESTART: RestartPolicy = { maxRestarts: 5, windowMs: 60_000, backoffMs: { first: 50, max: 2000 } }
const MAILBOX: MailboxOptions = { capacity: 1024, overflow: 'dropNewest' }
/** Figures that are soon replaced by newer ones: of each kind only the newest has to arrive. */
const LATEST: MailboxOptions = { capacity: 64, overflow: 'keepLatest' }
/** Between the frames of a burst of gratuitous ARP: some switches drop what comes back to back. */
const GARP_SPACING_MS = 4
const SECOND_CS = 100
/** From the plan of a gateway until its threads run calmly and have collected the garbage of the start; without `holdOff` 0. */
const SETTLE_MS = 2500
const settleMs = (holdOffMs: number): number => Math.min(SETTLE_MS, holdOffMs)

/**
 * The actors of a gateway, and who talks to whom; ARCHITECTURE.md has the drawing. `mac` is that of the interface; `forwarders` is
 * there in workers mode only.
 */
export function planActors(
  config: GatewayConfig,
  mac: string,
  table: ConnectionTable,
  forwarding: ForwardingMode,
  forwarders: ForwarderPool | undefined,
): readonly ActorPlan[] {
  const { redirects } = config
  const virtualIps = config.virtualIps.map(({ address }) => address)
  const worker = (
    name: string,
    options: unknown,
    peers: readonly string[],
    mailbox: MailboxOptions = MAILBOX,
  ): ActorPlan => ({ name, placement: 'worker', peers, mailbox, options, restart: RESTART })

  const main = (name: string, start: StartCell, peers: readonly string[]): ActorPlan => ({
    name,
    placement: 'main',
    start,
    peers,
    mailbox: MAILBOX,
    options: undefined,
    restart: RESTART,
  })

  const { family, linkLocalAddress } = config
  const rawIp: RawIpOptions = {
    interfaceName: config.interfaceName,
    sourceAddress: config.managementIp,
    ...(linkLocalAddress === null ? {} : { ipv6SourceAddress: linkLocalAddress }),
    vrrpFamilies: [family],
  }
  const forwardedBy = forwarding.mode === 'kernel' ? 'fast-path' : 'forwarder'
  const instance = `VI_${config.virtualRouterId}`
  const elector: ElectorOptions = {
    instance,
    virtualRouterId: config.virtualRouterId,
    priority: config.directorPriority,
    track: config.track,
    version: config.vrrp.version,
    advertIntervalCs: config.vrrp.advertIntervalCs,
    preempt: config.vrrp.preempt,
    preemptDelayMs: config.vrrp.preemptDelayMs,
    holdOffMs: config.vrrp.holdOffMs,
    settledAtMs: config.vrrp.advertIntervalCs < SECOND_CS ? linuxClock.nowMs() + settleMs(config.vrrp.holdOffMs) : 0,
    primaryAddress: linkLocalAddress ?? config.managementIp,
    virtualIps,
    checksum: 'pseudoHeader',
    unicastPeers: config.vrrp.unicastPeers,
    forwardedBy,
  }
  const announcer: AnnouncerOptions = {
    interfaceName: config.interfaceName,
    virtualIps: config.virtualIps,
    virtualRouterId: config.virtualRouterId,
    garp: { ...config.garp, burstSpacingMs: GARP_SPACING_MS },
  }
  const discovery: DiscoveryOptions = {
    name: config.name,
    managementIp: config.managementIp,
    mac,
    virtualRouterId: config.virtualRouterId,
    instances: [{ name: instance, family, virtualRouterId: config.virtualRouterId }],
    electors: ['elector'],
    key: config.cluster.key,
    intervalMs: config.beacons.intervalMs,
    staleAfterIntervals: 3,
    settings: sharedSettings(config, forwarding),
  }
  const dispatcher: DispatcherOptions = {
    table: table.buffer,
    managementIp: config.managementIp,
    absenceGraceMs: 3 * config.beacons.intervalMs,
    clientIdleS: CLIENT_IDLE_S,
    tellsFastPath: forwarding.mode === 'kernel',
  }
  const fastPaths = forwarding.mode === 'kernel' ? ['fast-path'] : []
  const fastPath: FastPathSettings = fastPathSettings(config)
  const watcher: WatcherOptions = {
    interfaceName: config.interfaceName,
    managementIp: config.managementIp,
    virtualIps: virtualIps.filter((address) => isIPv4(address)),
    virtualRouterIds: [config.virtualRouterId],
    trackGateway: config.track.gateway !== 'off',
    electors: ['elector'],
    announcers: ['announcer'],
  }
  const portMonitor: PortMonitorOptions = { redirects }
  const statsReporter: StatsReporterOptions = { redirects }
  // Without the key of the beacons, which is nobody's but discovery's.
  const inspector: InspectorOptions = {
    ...config,
    cluster: undefined,
    forwarding: forwarding.mode,
    fallback: forwarding.fallback,
  } as InspectorOptions
  const described = [
    'elector',
    'announcer',
    'discovery',
    'dispatcher',
    'port-monitor',
    'stats-reporter',
    'raw-ip',
    forwardedBy,
    'watcher',
  ]
  // Together they are the whole way of an advert, and of a takeover. Seconds are kept by ordinary threads as well.
  const realtime = config.vrrp.realtime === 'auto' && config.vrrp.advertIntervalCs < SECOND_CS
  const inTime = (plan: ActorPlan): ActorPlan => ({ ...plan, realtime })
  return [
    inTime(
      main(
        'raw-ip',
        (context) => {
          const ports = { rawIp: createLinuxRawIpPort(), rawIpv6: createLinuxRawIpv6Port() }
          return startRawIp(context, rawIp, ports) as ActorInstance<unknown>
        },
        ['elector', 'discovery'],
      ),
    ),
    ...(forwarders === undefined ? [] : [main('forwarder', () => forwarders.asActor() as ActorInstance<unknown>, [])]),
    inTime(worker('elector', elector, ['raw-ip', 'announcer', 'discovery', 'dispatcher', forwardedBy, 'watcher'])),
    inTime(worker('announcer', announcer, ['elector'])),
    worker('discovery', discovery, ['raw-ip', 'dispatcher', 'elector']),
    worker('dispatcher', dispatcher, ['discovery', ...fastPaths], LATEST),
    ...fastPaths.map((name) => worker(name, fastPath, [], LATEST)),
    worker('watcher', watcher, [...watcher.electors, ...watcher.announcers, 'raw-ip'], LATEST),
    worker('port-monitor', portMonitor, ['discovery', ...watcher.electors]),
    worker('stats-reporter', statsReporter, ['discovery']),
    { ...worker('inspector', inspector, []), observes: true, controls: [...described, 'supervisor'] },
  ]
}

/** What must be the same on every node; the beacons carry it, so that a difference can be named. */
function sharedSettings(config: GatewayConfig, { mode }: ForwardingMode): Readonly<Record<string, string>> {
  const redirects = config.redirects.map(({ originalPorts, proxyPort }) => `${originalPorts.join(',')}->${proxyPort}`)
  return {
    virtualIps: config.virtualIps
      .map(({ address }) => address)
      .sort()
      .join(' '),
    redirects: redirects.sort().join(' '),
    // A director in kernel mode hands packets on that a node in workers mode does not take.
    forwarding: mode,
    'vrrp.version': `${config.vrrp.version}`,
    'vrrp.transport': config.vrrp.unicastPeers.length > 0 ? 'unicast' : 'multicast',
    'vrrp.advertInterval': `${config.vrrp.advertIntervalCs * 10}ms`,
  }
}
