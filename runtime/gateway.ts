import type { AnnouncerOptions } from '../actors/announcer/actor.ts'
import { DEFAULT_GARP } from '../actors/announcer/garp-schedule.ts'
import type { DiscoveryOptions } from '../actors/discovery/state.ts'
import type { DispatcherOptions } from '../actors/dispatcher/actor.ts'
import type { ElectorOptions } from '../actors/elector/state.ts'
import { planListeners } from '../actors/forwarder/listener-plan.ts'
import { defaultForwarderLimits } from '../actors/forwarder/messages.ts'
import { ForwarderPool } from '../actors/forwarder/pool.ts'
import type { InspectorOptions } from '../actors/inspector/actor.ts'
import type { PortMonitorOptions } from '../actors/port-monitor/actor.ts'
import { type RawIpOptions, startRawIp } from '../actors/raw-ip/actor.ts'
import type { StatsReporterOptions } from '../actors/stats-reporter/actor.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { createGatewayLog, type GatewayLog } from './logging.ts'
import { linuxClock } from './ports/linux/clock.ts'
import { linuxStreamSockets } from './ports/linux/epoll.ts'
import { openLinuxNetlink } from './ports/linux/netlink.ts'
import { createLinuxNft } from './ports/linux/nft.ts'
import { createLinuxRawIpPort } from './ports/linux/raw-ip.ts'
import { openLinuxSocketTable } from './ports/linux/socket-table.ts'
import { openLinuxSyslog } from './ports/linux/syslog.ts'
import type { Result } from './ports/result.ts'
import type { MailboxOptions } from './system/actor.ts'
import { ActorSystem } from './system/actor-system.ts'
import type { StartCell } from './system/cell.ts'
import type { ActorPlan } from './system/plan.ts'
import type { RestartPolicy } from './system/restart-policy.ts'
import { ConnectionTable } from './table/connection-table.ts'

/** A gateway that could not be started. `code` is stable; the message says what to do. */
class GatewayError extends Error {
  readonly code: string

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'GatewayError'
    this.code = code
  }
}

/** A running gateway. */
export interface Gateway {
  /** Stops in order: priority 0, VIPs removed, connections drained, beacons say goodbye. May be called more than once. */
  stop(): Promise<void>
  /** Resolves with the exit code once the gateway has stopped: 0 when it was asked to, 70 when it had to give up. */
  readonly finished: Promise<number>
}

/** EX_SOFTWARE of sysexits.h: an actor crashed more often than it may. */
const EXIT_GAVE_UP = 70
/** An actor may crash that often in a minute; the next time the node is taken out of the group. */
const RESTART: RestartPolicy = { maxRestarts: 5, windowMs: 60_000, backoffMs: { first: 50, max: 2000 } }
const MAILBOX: MailboxOptions = { capacity: 1024, overflow: 'dropNewest' }
/** Figures that are soon replaced by newer ones: of each kind only the newest has to arrive. */
const LATEST: MailboxOptions = { capacity: 64, overflow: 'keepLatest' }
/** First what makes this node director, last what the others need to say goodbye. */
const STOP_ORDER = ['elector', 'announcer', 'port-monitor', 'stats-reporter', 'discovery', 'dispatcher', 'inspector']
const STOP_PATIENCE_MS = 2000
/** Room of each forwarder beyond its even share: the kernel's spreading over SO_REUSEPORT listeners is not even. */
const UNEVEN_SHARE = 1.5
/** A client without connections is remembered that long. */
const CLIENT_IDLE_S = 600
const SYSLOG_PATH = '/dev/log'

/**
 * Puts the actors of a gateway together and starts them. Throws a `GatewayError` where the host lacks what it needs; then
 * nothing is left running.
 */
export async function startGateway(config: GatewayConfig): Promise<Gateway> {
  if (config.forwarding === 'kernel') {
    throw new GatewayError('EKERNELMODE', 'forwarding: kernel is not part of this version; use auto or workers')
  }
  const log = openLog(config.name)
  const host = readHost(config)
  const table = ConnectionTable.create({
    clients: config.clients.tableSize,
    forwarders: config.forwarders.count,
    connectionsPerForwarder: connectionsPerForwarder(config),
  })
  let giveUp = (_actor: string, _reason: string): void => undefined
  const system = new ActorSystem({
    compositionUrl: new URL(
      import.meta.url.endsWith('.ts') ? './worker-actors.ts' : './worker-actors.js',
      import.meta.url,
    ),
    hooksEnabled: process.env.PROXYHA_TEST_HOOKS === '1',
    onLog: (actor, level, line, fields) => log.write(actor, level, line, fields),
    onEscalation: (actor, reason) => giveUp(actor, reason),
  })
  for (const plan of planActors(config, host.mac, table)) system.spawn(plan)
  const listeners = planListeners(
    config.virtualIps.map(({ address }) => address),
    config.redirects,
    host.takenPorts,
  )
  const forwarders = new ForwarderPool(
    {
      table,
      count: config.forwarders.count,
      listeners,
      limits: {
        ...defaultForwarderLimits,
        connectTimeoutMs: config.timeouts.connectMs,
        idleTimeoutMs: config.timeouts.idleMs,
        connectionsPerClient: config.limits.connectionsPerClient,
      },
      drainMs: config.timeouts.drainMs,
      restart: RESTART,
      onLog: (level, line) => log.write('forwarder', level, line),
      onEscalation: (reason) => giveUp('forwarder', reason),
      onInspection: (actor, detail) => system.inspect(actor, detail),
    },
    { clock: linuxClock, nft: createLinuxNft(), sockets: linuxStreamSockets() },
  )
  system.spawn({
    name: 'forwarder',
    placement: 'main',
    start: () => forwarders.asActor(),
    peers: [],
    mailbox: MAILBOX,
    options: undefined,
    restart: RESTART,
  })
  system.attach(forwarders)

  const { promise: finished, resolve: finish } = Promise.withResolvers<number>()
  let stopping: Promise<void> | undefined
  const stop = (exitCode: number): Promise<void> => {
    stopping ??= stopInOrder(system, forwarders, log).then(() => finish(exitCode))
    return stopping
  }
  giveUp = (actor, reason) => {
    log.write('supervisor', 'error', `${actor} keeps failing (${reason}): taking this node out of the group`)
    void stop(EXIT_GAVE_UP)
  }
  try {
    await Promise.all([system.start(), forwarders.start()])
  } catch (error) {
    await stopInOrder(system, forwarders, log)
    const { code = 'ESTART', message } = error as { code?: string; message: string }
    throw new GatewayError(code, message, error)
  }
  return { stop: () => stop(0), finished }
}

/** The actors, and who talks to whom; ARCHITECTURE.md has the drawing. */
function planActors(config: GatewayConfig, mac: string, table: ConnectionTable): readonly ActorPlan[] {
  const { redirects } = config
  const virtualIps = config.virtualIps.map(({ address }) => address)
  const worker = (
    name: string,
    options: unknown,
    peers: readonly string[],
    mailbox: MailboxOptions = MAILBOX,
  ): ActorPlan => ({ name, placement: 'worker', peers, mailbox, options, restart: RESTART })

  const rawIp: RawIpOptions = { interfaceName: config.interfaceName, sourceAddress: config.managementIp }
  const elector: ElectorOptions = {
    virtualRouterId: config.virtualRouterId,
    priority: config.directorPriority,
    version: config.vrrp.version,
    advertIntervalCs: config.vrrp.advertIntervalCs,
    preempt: config.vrrp.preempt,
    preemptDelayMs: config.vrrp.preemptDelayMs,
    primaryAddress: config.managementIp,
    virtualIps,
    checksum: 'pseudoHeader',
  }
  const announcer: AnnouncerOptions = {
    interfaceName: config.interfaceName,
    virtualIps: config.virtualIps,
    virtualRouterId: config.virtualRouterId,
    garp: DEFAULT_GARP,
  }
  const discovery: DiscoveryOptions = {
    name: config.name,
    managementIp: config.managementIp,
    mac,
    virtualRouterId: config.virtualRouterId,
    key: config.cluster.key,
    intervalMs: config.beacons.intervalMs,
    staleAfterIntervals: 3,
    settings: sharedSettings(config),
  }
  const dispatcher: DispatcherOptions = {
    table: table.buffer,
    managementIp: config.managementIp,
    absenceGraceMs: 3 * config.beacons.intervalMs,
    clientIdleS: CLIENT_IDLE_S,
  }
  const portMonitor: PortMonitorOptions = { redirects }
  const statsReporter: StatsReporterOptions = { redirects }
  // Without the key of the beacons, which is nobody's but discovery's.
  const inspector: InspectorOptions = { ...config, cluster: undefined, forwarding: 'workers' } as InspectorOptions
  const described = [
    'elector',
    'announcer',
    'discovery',
    'dispatcher',
    'port-monitor',
    'stats-reporter',
    'raw-ip',
    'forwarder',
  ]
  return [
    {
      name: 'raw-ip',
      placement: 'main',
      start: ((context, options) =>
        startRawIp(context as never, options as RawIpOptions, { rawIp: createLinuxRawIpPort() })) as StartCell,
      peers: ['elector', 'discovery'],
      mailbox: MAILBOX,
      options: rawIp,
      restart: RESTART,
    },
    worker('elector', elector, ['raw-ip', 'announcer', 'discovery', 'dispatcher', 'forwarder']),
    worker('announcer', announcer, ['elector']),
    worker('discovery', discovery, ['raw-ip', 'dispatcher']),
    worker('dispatcher', dispatcher, ['discovery'], LATEST),
    worker('port-monitor', portMonitor, ['discovery']),
    worker('stats-reporter', statsReporter, ['discovery']),
    { ...worker('inspector', inspector, []), observes: true, controls: [...described, 'supervisor'] },
  ]
}

/** What must be the same on every node; the beacons carry it, so that a difference can be named. */
function sharedSettings(config: GatewayConfig): Readonly<Record<string, string>> {
  const redirects = config.redirects.map(({ originalPorts, proxyPort }) => `${originalPorts.join(',')}->${proxyPort}`)
  return {
    virtualIps: config.virtualIps
      .map(({ address }) => address)
      .sort()
      .join(' '),
    redirects: redirects.sort().join(' '),
    'vrrp.version': `${config.vrrp.version}`,
    'vrrp.advertInterval': `${config.vrrp.advertIntervalCs * 10}ms`,
  }
}

interface HostState {
  readonly mac: string
  /** Ports on which somebody listens unbound, so that the virtual IP's own cannot be bound. */
  readonly takenPorts: ReadonlySet<number>
}

function readHost(config: GatewayConfig): HostState {
  const netlink = openLinuxNetlink()
  const device = netlink.ok ? netlink.value.interfaceByName(config.interfaceName) : netlink
  if (netlink.ok) netlink.value.close()
  if (!device.ok) throw new GatewayError(device.code, `interface: ${config.interfaceName}: ${device.reason}`)
  const sockets = openLinuxSocketTable()
  const listeners = sockets.ok ? sockets.value.listeners() : sockets
  if (sockets.ok) sockets.value.close()
  const taken = valueOr(listeners, []).filter(({ address }) => address === '0.0.0.0' || address === '::')
  return { mac: device.value.mac, takenPorts: new Set(taken.map(({ port }) => port)) }
}

function valueOr<Value>(result: Result<Value>, fallback: Value): Value {
  return result.ok ? result.value : fallback
}

function connectionsPerForwarder(config: GatewayConfig): number {
  const { connections } = config.limits
  const { count } = config.forwarders
  return count === 1 ? connections : Math.min(connections, Math.ceil((connections / count) * UNEVEN_SHARE))
}

function openLog(name: string): GatewayLog {
  const syslog = openLinuxSyslog(linuxClock, { tag: 'proxyha', path: SYSLOG_PATH })
  return createGatewayLog(name, syslog.ok ? syslog.value : undefined)
}

async function stopInOrder(system: ActorSystem, forwarders: ForwarderPool, log: GatewayLog): Promise<void> {
  // The VIP goes first: no new client comes while the connections that there are get their time to end.
  await system.stop(STOP_ORDER, STOP_PATIENCE_MS)
  await forwarders.stop()
  log.flush()
}
