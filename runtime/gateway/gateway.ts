import { foreignOnLoopback } from '../../actors/fast-path/kernel/loopback.ts'
import { ForwarderPool, type ForwarderPoolOptions } from '../../actors/forwarder/pool.ts'
import type { OwnAddresses } from '../../actors/watcher/messages.ts'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import type { Checked } from '../../config/problems.ts'
import { stateFolder } from '../../config/service-folders.ts'
import { reasonOf } from '../actor-system/actor-error.ts'
import { ActorSystem } from '../actor-system/actor-system.ts'
import { warning } from '../actor-system/inspection/warning.ts'
import type { StopOrder } from '../actor-system/supervision/supervisor.ts'
import { collectStartupGarbage } from '../actor-system/threads/startup-garbage.ts'
import { linuxClock } from '../ports/host/linux/clock.ts'
import { openLinuxNetlink } from '../ports/netlink/linux/netlink.ts'
import { createLinuxNft } from '../ports/nft/linux/nft.ts'
import type { Nft } from '../ports/nft/nft.ts'
import { checkAddressSpace } from '../ports/process/linux/address-space.ts'
import { mayBeRealtime } from '../ports/process/linux/privileges.ts'
import { joinServiceManager } from '../ports/process/linux/service-manager.ts'
import { NO_MANAGER, type ServiceManager } from '../ports/process/service-manager.ts'
import type { Result } from '../ports/result.ts'
import { linuxStreamSockets } from '../ports/sockets/linux/epoll.ts'
import { ConnectionTable } from '../table/connection-table.ts'
import { plansOf, RESTART, stopOrderOf } from './actor-row.ts'
import { actors } from './actors.ts'
import { electorsOf } from './election-plans.ts'
import { clearLoopback, lowerFence, raiseFence } from './fencing.ts'
import { chooseForwarding, forwarderSettings } from './forwarding-mode.ts'
import { GatewayError } from './gateway-error.ts'
import { type GatewayPlace, planGateway } from './gateway-plan.ts'
import { createGatewayLog, type GatewayLog, linuxLogHost } from './logging.ts'
import { readableSecrets } from './readable-secrets.ts'
import { createReloader, foreignText, STOP_PATIENCE_MS } from './reloading.ts'
import { LEAST_WATCHDOG_MS, nodesThere, Service } from './service.ts'
import {
  beTheOnlyOne,
  checkCapabilities,
  checkListening,
  checkStateFolder,
  makeRecordingFolder,
  readHost,
} from './start-checks.ts'
import { startLine } from './start-line.ts'
import { readVersion } from './version.ts'

/** Reads the configuration anew, for the gateway that runs by this one. */
type LoadConfig = (running: GatewayConfig) => Promise<Checked<GatewayConfig>>

/** A running gateway. */
export interface Gateway {
  /** Reads its configuration anew and goes by it, or logs why it does not. */
  reload(): void
  /** Stops in order: priority 0, VIPs removed, connections drained, beacons say goodbye. May be called more than once. */
  stop(): Promise<void>
  /** Resolves with the exit code once the gateway has stopped: 0 when it was asked to, 70 when it had to give up. */
  readonly finished: Promise<number>
}

// Compiled, this file and the table are .js.
const COMPOSITION = new URL(import.meta.url.endsWith('.ts') ? './actors.ts' : './actors.js', import.meta.url)
/** EX_SOFTWARE of sysexits.h: an actor crashed more often than it may. */
const EXIT_GAVE_UP = 70
/** For the end as a whole, whatever does not answer; what is stuck by then ends with the process. */
const END_PATIENCE_MS = 20_000
/** For the last lines of the log. */
const LOG_PATIENCE_MS = 1000
/** What is left after that: the last words of the command line, and the end of the process. */
const LAST_WORDS_MS = 2000
/** Room of each forwarder beyond its even share: the kernel's spreading over SO_REUSEPORT listeners is not even. */
const UNEVEN_SHARE = 1.5
/** Few connections may all come to one forwarder. */
const LEAST_SHARE = 4096
const NOT_REALTIME =
  'scheduling: real-time is not permitted: on a busy host adverts may be late, which costs this node the lead; CAP_SYS_NICE permits it, or LimitRTPRIO=1 of its unit (vrrp.realtime: off, if that is meant)'

/**
 * Puts the actors of a gateway together and starts them. Throws a `GatewayError` where the host lacks what it needs; then
 * nothing is left running. `path`: of the configuration, as it is logged. `recordTo`: a folder in which every
 * actor's inbox is recorded.
 */
export async function startGateway(
  config: GatewayConfig,
  load: LoadConfig,
  { path, recordTo }: { readonly path: string; readonly recordTo: string | null },
): Promise<Gateway> {
  const manager = joinServiceManager() ?? NO_MANAGER
  const room = checkAddressSpace()
  if (!room.ok) throw new GatewayError(room.code, room.reason)
  await beTheOnlyOne(config)
  const state = stateFolder(process.env)
  checkStateFolder(state)
  if (recordTo !== null) makeRecordingFolder(recordTo)
  const host = readHost(config)
  checkCapabilities()
  const nft = createLinuxNft()
  const chosen = await chooseForwarding(config, host.mac, nft)
  if (!chosen.ok)
    throw new GatewayError('EKERNELMODE', `forwarding: kernel: ${chosen.reason}; or ${withoutKernel(config)}`)
  const { mode: forwarding, wanted, lacking } = chosen.value
  checkListening(config, forwarding, host.takenPorts)
  const table = createTable(config)
  // Kernel mode has a fence of its own.
  const fencing = forwarding === 'workers' ? raiseFence(config, nft) : undefined
  const onLoopback = forwarding === 'workers' ? forgetKernelMode(config) : []
  const log = createGatewayLog(config.name, config.logging, linuxLogHost(linuxClock))
  log.write('supervisor', 'info', startLine(config, forwarding, path))
  for (const line of readableSecrets(config, path)) log.write('supervisor', 'warn', line)
  const startWarnings = [
    ...(lacking === null
      ? []
      : [
          warning(
            'no-kernel-mode',
            null,
            `forwarding: auto: workers mode, since this host cannot do kernel mode (${lacking}); write forwarding: workers if that is meant`,
          ),
        ]),
    ...onLoopback.map((address) => warning('vip-not-ours', address, foreignText(address))),
  ]
  for (const { text } of startWarnings) log.write('supervisor', 'warn', text)
  if (config.realtime === 'auto' && !mayBeRealtime()) log.write('supervisor', 'warn', NOT_REALTIME)
  if (wanted !== null) log.write('supervisor', 'info', `forwarding: auto: workers mode, for ${wanted}`)
  const fenced = isFenced(await fencing, log)
  const unfence = async (): Promise<unknown> => fenced && lowerFence(nft)
  const plannedAtMs = linuxClock.nowMs()
  const kept = { stateFolder: state, plannedAtMs, lostLines: log.lost.shared }
  const place: GatewayPlace = { ...host, ...kept, table, forwarding, startWarnings, fenced }
  const service = createService(manager, () => reloader.running, place, log)
  let giveUp = (_actor: string, _reason: string): void => undefined
  const system = new ActorSystem({
    compositionUrl: COMPOSITION,
    orders: {
      reload: (checkOnly: boolean) => reloader.order(checkOnly),
      reloadReport: (order: number) => reloader.report(order),
      relocate: (own: OwnAddresses) => reloader.relocate(own),
    },
    hooksEnabled: process.env.PROXYHA_TEST_HOOKS === '1',
    onLog: log.write,
    logLevelOf: (actor) => log.levelOf(actor),
    ...(recordTo !== null && { recording: { folder: recordTo, version: readVersion() } }),
    onEscalation: (actor, reason) => giveUp(actor, reason),
    onInspection: (event) => service.observe(event),
    onLooked: (silentMs) => service.looked(silentMs),
  })
  const forwarders =
    forwarding === 'kernel'
      ? undefined
      : createForwarders(config, place, nft, {
          onLog: (level, line) => log.write('forwarder', level, line),
          onEscalation: (reason) => giveUp('forwarder', reason),
          onInspection: (actor, detail) => system.inspect(actor, detail),
        })
  const plan = planGateway(config, place, forwarders)
  const reloader = createReloader(config, {
    place,
    system,
    forwarders,
    nft,
    load,
    log: (level, line) => log.write('supervisor', level, line),
    happened: (happening) => system.inspect('supervisor', { type: 'happened', ...happening }),
    followLogging: (logging) => {
      log.follow(logging)
      system.followLogLevels()
    },
    began: () => service.reloading(),
    ended: () => service.reloaded(),
  })
  for (const each of plansOf(actors, plan)) system.spawn(each)
  const stopOrder = () => stopOrderOf(actors, planGateway(reloader.running, place, forwarders))
  if (forwarders !== undefined) system.attach(forwarders.tasks)

  const { promise: finished, resolve: finish } = Promise.withResolvers<number>()
  let stopping: Promise<void> | undefined
  const stop = (exitCode: number): Promise<void> => {
    service.stopping(END_PATIENCE_MS + LOG_PATIENCE_MS + LAST_WORDS_MS)
    stopping ??= stopInOrder(system, stopOrder(), forwarders, log, unfence).then(() => finish(exitCode))
    return stopping
  }
  process.on('uncaughtException', (error) => {
    log.write('supervisor', 'error', `an error that nobody caught: taking this node out of the group: ${error.stack}`)
    void stop(EXIT_GAVE_UP)
  })
  giveUp = (actor, reason) => {
    log.write('supervisor', 'error', `${actor} keeps failing (${reason}): taking this node out of the group`)
    void stop(EXIT_GAVE_UP)
  }
  try {
    await Promise.all([system.start(), forwarders?.start()])
    service.started()
    collectStartupGarbage(0)
  } catch (error) {
    await stopInOrder(system, stopOrder(), forwarders, log, unfence)
    const { code = 'ESTART', message } = error as { code?: string; message: string }
    throw new GatewayError(code, message, error)
  }
  return { reload: () => void reloader.order(false), stop: () => stop(0), finished }
}

function createService(
  manager: ServiceManager,
  running: () => GatewayConfig,
  place: GatewayPlace,
  log: GatewayLog,
): Service {
  const { watchdogMs } = manager
  if (watchdogMs !== null && watchdogMs < LEAST_WATCHDOG_MS) {
    const least = `WatchdogSec=${LEAST_WATCHDOG_MS / 1000}`
    log.write(
      'supervisor',
      'warn',
      `WatchdogSec= of the unit may end a gateway in which all is well: ${least} at least`,
    )
  }
  const electors = () => electorsOf(running())
  const ready = (text: string): void => {
    log.write('supervisor', 'info', `ready after ${process.uptime().toFixed(1)} s: ${text}`)
  }
  return new Service({ manager, clock: linuxClock, electors, nodeCount: () => nodesThere(place.table), ready })
}

type PoolListener = Pick<ForwarderPoolOptions, 'onLog' | 'onEscalation' | 'onInspection'>

function createForwarders(
  config: GatewayConfig,
  { table, takenPorts }: GatewayPlace,
  nft: Nft,
  listener: PoolListener,
): ForwarderPool {
  const { count } = config.forwarders
  return new ForwarderPool(
    { table, count, settings: forwarderSettings(config, takenPorts), restart: RESTART, ...listener },
    { clock: linuxClock, nft, sockets: linuxStreamSockets() },
  )
}

/** What else there is for it. */
const withoutKernel = ({ portRanges }: GatewayConfig): string =>
  portRanges.length > 0 ? 'leave the ranges of ports out' : 'use workers'

function createTable(config: GatewayConfig): ConnectionTable {
  return ConnectionTable.create({
    clients: config.clients.tableSize,
    forwarders: config.forwarders.count,
    connectionsPerForwarder: connectionsPerForwarder(config),
    affinity: config.balancing.affinity,
  })
}

/** The virtual IPs that are on lo nonetheless: an administrator has put them there. */
function forgetKernelMode(config: GatewayConfig): readonly string[] {
  const netlink = openLinuxNetlink()
  if (!netlink.ok) return []
  clearLoopback(config, netlink.value)
  const foreign = foreignOnLoopback(
    netlink.value,
    config.virtualIps.map(({ address }) => address),
  )
  netlink.value.close()
  return foreign
}

function isFenced(fence: Result | undefined, log: GatewayLog): boolean {
  if (fence?.ok === false) {
    const what = 'after a kill the virtual IPs go before the next director has them'
    log.write('announcer', 'info', `${what}: they cannot be silenced instead (${fence.reason})`)
  }
  return fence?.ok === true
}

function connectionsPerForwarder(config: GatewayConfig): number {
  const { connections } = config.limits
  const { count } = config.forwarders
  const share = Math.ceil((connections / count) * UNEVEN_SHARE)
  return count === 1 ? connections : Math.min(connections, Math.max(share, LEAST_SHARE))
}

async function stopInOrder(
  system: ActorSystem,
  order: StopOrder,
  forwarders: ForwarderPool | undefined,
  log: GatewayLog,
  unfence: () => Promise<unknown>,
): Promise<void> {
  const complain = (what: string): void => log.write('supervisor', 'error', `stop: ${what}`)
  const end = async (): Promise<void> => {
    // The VIP goes first: no new client comes while the connections that there are get their time to end.
    await system.stop(order, STOP_PATIENCE_MS)
    await Promise.all([forwarders?.stop(), unfence()])
  }
  const ended = end().catch((error: unknown) => complain(reasonOf(error)))
  if (!(await isDoneWithin(END_PATIENCE_MS, ended))) {
    complain(`not over after ${END_PATIENCE_MS / 1000} s: what is left ends with the process`)
  }
  await log.end(LOG_PATIENCE_MS)
}

function isDoneWithin(patienceMs: number, done: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = linuxClock.setTimer(patienceMs, () => resolve(false))
    void done.then(() => {
      cancel()
      resolve(true)
    })
  })
}
