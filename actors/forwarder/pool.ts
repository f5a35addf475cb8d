import { isDeepStrictEqual } from 'node:util'
import type { ActorInstance } from '../../runtime/actor-system/actor.ts'
import type { InspectionDetail } from '../../runtime/actor-system/inspection/inspection.ts'
import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { RestartPolicy } from '../../runtime/actor-system/supervision/restart-policy.ts'
import { WorkerPool } from '../../runtime/actor-system/threads/worker-pool.ts'
import type { Clock } from '../../runtime/ports/host/clock.ts'
import type { LogLevel } from '../../runtime/ports/host/syslog.ts'
import type { Nft } from '../../runtime/ports/nft/nft.ts'
import type { StreamSockets } from '../../runtime/ports/sockets/epoll.ts'
import type { ConnectionTable } from '../../runtime/table/connection-table.ts'
import type { RoleMessage } from '../elector/messages.ts'
import { foldRoles } from '../elector/messages.ts'
import { Capturing } from './capturing.ts'
import type {
  ForwarderLimits,
  ForwarderMessage,
  ForwarderOptions,
  ForwarderPoolControl,
  ForwarderPoolStatus,
  ForwarderReport,
  ListenerPlan,
} from './messages.ts'
import { Orders } from './orders.ts'
import { Pressure } from './pressure.ts'
import { reapForwarder, wakeForwarder } from './task.ts'

/** What of the configuration it goes by. */
export interface ForwarderSettings {
  /** This node's own: connections to the nodes leave from it, and are dead without it. */
  readonly managementIp: string
  readonly listeners: readonly ListenerPlan[]
  readonly limits: ForwarderLimits
  /** How long connections are kept after their VIP has left this node: it may return. */
  readonly drainMs: number
}

export interface ForwarderPoolOptions {
  readonly table: ConnectionTable
  /** Forwarders, each on a thread of its own. */
  readonly count: number
  readonly settings: ForwarderSettings
  readonly restart: RestartPolicy
  onLog(level: LogLevel, line: string): void
  /** A forwarder keeps failing. */
  onEscalation(reason: string): void
  onInspection(actor: string, detail: InspectionDetail): void
}

/** The outside world of the pool. */
export interface ForwarderPoolPorts {
  readonly clock: Clock
  readonly nft: Nft
  readonly sockets: StreamSockets
}

/** How often it is looked whether limits are felt. */
const LOOK_MS = 1000
/** How long forwarders may take to reset their connections and end. */
const STOP_PATIENCE_MS = 1000

/**
 * The forwarders of this node: starts their threads, replaces one that died after its counts were undone, and has nftables
 * take captured ports to them.
 */
export class ForwarderPool {
  readonly #options: ForwarderPoolOptions
  readonly #ports: ForwarderPoolPorts
  readonly #pool: WorkerPool
  readonly #problems = new Map<number, readonly string[]>()
  /** Addresses of the nodes that do not answer, by the forwarder that says so. */
  readonly #resting = new Map<number, readonly string[]>()
  readonly #pressure = new Pressure()
  #settings: ForwarderSettings
  /** As the electors said last, by instance. */
  readonly #roles = new Map<string, RoleMessage>()
  /** By VIP that has left: cancels the end of its connections. */
  readonly #cuts = new Map<string, () => void>()
  readonly #orders: Orders
  readonly #capturing: Capturing
  #cancelLook = (): void => undefined

  constructor(options: ForwarderPoolOptions, ports: ForwarderPoolPorts) {
    const { table, settings } = options
    this.#options = options
    this.#settings = settings
    this.#ports = ports
    this.#orders = new Orders(options.count, (index, message) => this.#pool.post(index, message))
    this.#capturing = new Capturing(ports.nft, options.onLog)
    this.#pool = new WorkerPool({
      name: 'forwarder',
      moduleUrl: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
      size: options.count,
      options: this.#taskOptions(),
      restart: options.restart,
      clock: ports.clock,
      stopMessage: () => ({ type: 'drain', patienceMs: 0 }) satisfies ForwarderMessage,
      wake: (index) => wakeForwarder(table, index, ports.sockets),
      // Its loop never answers a ping; that it turns is its sign of life.
      signOfLife: (index) => table.heartbeat(index),
      onMessage: (index, message) => this.#heard(index, message as ForwarderReport),
      onExit: (index) => {
        this.#resting.delete(index)
        this.#orders.gone(index)
        reapForwarder(table, index, ports.sockets)
      },
      onEscalation: (_index, reason) => options.onEscalation(reason),
      onInspection: options.onInspection,
    })
  }

  /** Resolves when all run. Throws where a port must be captured and nftables does not do it. */
  async start(): Promise<void> {
    await this.#capturing.begin(this.#settings.listeners)
    await this.#pool.start()
    this.#look()
  }

  /** Ends all connections: once the VIP is another node's, no packet of theirs comes here any more. */
  async stop(): Promise<void> {
    for (const cancelCut of this.#cuts.values()) cancelCut()
    this.#cancelLook()
    await this.#pool.stop(STOP_PATIENCE_MS)
    await this.#capturing.end()
  }

  /** For the supervisor, which shows and watches them. */
  get tasks(): WorkerPool['tasks'] {
    return this.#pool.tasks
  }

  /** The pool as an actor on the main thread: every elector tells it its role, announcers have connections reset, and it describes itself. */
  asActor(): ActorInstance<RoleMessage, ForwarderSettings> & { readonly control: ForwarderPoolControl } {
    return {
      receive: (message) => this.#follow(message),
      configure: (settings) => this.#configure(settings),
      control: {
        describe: () => this.status(),
        reset: (virtualIps) => this.#reset(virtualIps),
      },
    }
  }

  /** Where they listen. */
  get listeners(): readonly ListenerPlan[] {
    return this.#settings.listeners
  }

  #configure(settings: ForwarderSettings): void | Promise<void> {
    const { listeners: before, managementIp } = this.#settings
    this.#settings = settings
    this.#pool.configure(this.#taskOptions())
    // Else their clients would wait until keep-alive gives the nodes up.
    if (settings.managementIp !== managementIp) void this.#reset([...new Set(before.map(({ address }) => address))])
    this.#tell({ type: 'limits', limits: settings.limits })
    if (!isDeepStrictEqual(before, settings.listeners)) return this.#listen(settings.listeners)
  }

  /** What is captured is taken to listeners that are there; and a reset of what is captured no more leaves by the rules that there were. */
  async #listen(listeners: readonly ListenerPlan[]): Promise<void> {
    await new Promise<void>((done) => this.#orders.begin((order) => ({ type: 'listeners', listeners, order }), done))
    await this.#capturing.follow(listeners)
  }

  #reset(addresses: readonly string[]): Promise<void> {
    return new Promise((done) => this.#orders.begin((order) => ({ type: 'cut', addresses, order }), done))
  }

  #taskOptions(): ForwarderOptions {
    const { listeners, limits } = this.#settings
    return { table: this.#options.table.buffer, listeners, limits }
  }

  /** A forwarder that does not run is started with what is true then. */
  #tell(message: ForwarderMessage): void {
    for (let index = 0; index < this.#options.count; index++) this.#pool.post(index, message)
  }

  status(): ForwarderPoolStatus {
    const limits = this.#pressure.warnings(this.#settings.limits, this.#ports.clock.nowMs())
    const closed = [...new Set([...this.#problems.values()].flat())]
    // Who leads nothing sends nobody anywhere, so it would not hear that one answers again. Of one that is known to have failed it is said already.
    const leads = foldRoles(this.#roles).virtualIps.length > 0
    const resting = leads ? this.#unanswering().filter((address) => this.#isSaidToBeWell(address)) : []
    return {
      counters: this.#counters(),
      warnings: [
        ...closed.map((problem) => warning('listener-closed', null, problem)),
        ...this.#capturing.warnings,
        ...resting.map((address) => warning('proxy-unanswering', address, restingText(address))),
        ...limits,
      ],
    }
  }

  #counters(): Readonly<Record<string, number>> {
    const { table, count } = this.#options
    const counters: Record<string, number> = {}
    for (let index = 0; index < count; index++) {
      for (const [name, value] of Object.entries(table.counters(index))) counters[name] = (counters[name] ?? 0) + value
    }
    return counters
  }

  #unanswering(): readonly string[] {
    return [...new Set([...this.#resting.values()].flat())].sort()
  }

  #isSaidToBeWell(address: string): boolean {
    const { table } = this.#options
    const index = table.nodeIndexOf(address)
    return index !== undefined && table.node(index)?.state === 'ok'
  }

  #look(): void {
    const felt = this.#pressure.look(this.#counters(), this.#settings.limits, this.#ports.clock.nowMs())
    for (const text of felt) this.#options.onLog('warn', text)
    this.#cancelLook = this.#ports.clock.setTimer(LOOK_MS, () => this.#look())
  }

  /**
   * A client whose VIP has moved talks to the new director, and is told by it that it knows no such connection. What came in
   * by a VIP that is still here lives on.
   */
  #follow(message: RoleMessage): void {
    const before = new Set(foldRoles(this.#roles).virtualIps)
    this.#roles.set(message.instance, message)
    const led = new Set(foldRoles(this.#roles).virtualIps)
    for (const address of led) this.#keep(address)
    for (const address of before) if (!led.has(address)) this.#cutLater(address)
  }

  #keep(address: string): void {
    this.#cuts.get(address)?.()
    this.#cuts.delete(address)
  }

  #cutLater(address: string): void {
    const cancel = this.#ports.clock.setTimer(this.#settings.drainMs, () => {
      this.#cuts.delete(address)
      void this.#reset([address])
    })
    this.#cuts.set(address, cancel)
  }

  #heard(index: number, report: ForwarderReport): void {
    if (report.type === 'listening') this.#heardOfListeners(index, report.problems)
    else if (report.type === 'done') this.#orders.reported(index, report.order)
    else this.#heardOfNodes(index, report.nodes)
  }

  #heardOfNodes(index: number, nodes: readonly number[]): void {
    const before = this.#unanswering()
    this.#resting.set(
      index,
      nodes.flatMap((node) => this.#options.table.node(node)?.address ?? []),
    )
    const now = this.#unanswering()
    for (const address of now) if (!before.includes(address)) this.#options.onLog('warn', restingText(address))
    for (const address of before)
      if (!now.includes(address)) this.#options.onLog('info', `node ${address}: its proxy answers again`)
  }

  #heardOfListeners(index: number, problems: readonly string[]): void {
    const before = this.#problems.get(index) ?? []
    this.#problems.set(index, problems)
    for (const problem of problems) {
      if (!before.includes(problem)) this.#options.onLog('error', problem)
    }
  }
}

const restingText = (address: string): string =>
  `node ${address}: its proxy does not answer this node, although it is said to be well: its clients go to others, and now and then one is tried with it; is its proxy port filtered?`
