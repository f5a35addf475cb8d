import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import { type HostProcess, startProcess, startProgram, Tail } from '../../runtime/lab/testbed/processes.ts'
import { buildTopology, ip, removeAddress, runOn, setCable } from '../../runtime/lab/testbed/topology.ts'
import { Changing } from '../../runtime/lab/testbed/until.ts'
import { type MonitorLine, VipHolders, watchKernel } from '../../runtime/lab/testbed/vip-holders.ts'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import type { AdvertSeen } from './advert-watch.ts'
import { signalAll, startDaemon } from './daemons.ts'
import {
  clientHost,
  clientIp,
  first,
  nodes,
  prefixLength,
  redirectPort,
  servicePort,
  topology,
  virtualIp,
} from './network.ts'
import type { Daemon, Load, Pace } from './plan.ts'
import { sleepMs } from './precision.ts'
import type { ProberReport } from './prober.ts'
import { Successes } from './successes.ts'

const readyWithinMs = 30_000
const emptyWithinMs = 5000
/** Of the connections that failed: more than a takeover costs. */
const LOST_KEPT = 20_000
/** Until `ip monitor` listens. */
const monitorMs = 300
/** What a timer of the event loop may be late by on an idle machine. */
const timerMs = 2

/** Both nodes, their daemons, the client and the busy loops; what the kernels and the client say of them. */
export class Stage extends Changing {
  readonly successes = new Successes()
  /** When connections that failed were begun. */
  #lostMs: readonly number[] = []
  readonly log = new Tail()
  holders = new VipHolders()
  /** How often a node got the VIP, and how often a daemon said that it changed its state, since `start`. */
  acquisitions = 0
  transitions = 0
  /** Whether the client got a raised scheduling class; null until it said so. */
  clientRaised: boolean | null = null
  #lastAdvertMs = Number.NEGATIVE_INFINITY
  readonly #daemons = new Map<string, HostProcess>()
  #burners: readonly HostProcess[] = []
  #client: { readonly port: number; readonly program: HostProcess } | undefined

  /** Builds the network and starts the services, the client and the watching of the kernels' addresses. */
  async build(): Promise<void> {
    buildTopology(topology)
    for (const { host } of nodes) {
      startProgram(host, new URL('./service.ts', import.meta.url), [`${servicePort}`])
      watchKernel(host, ['address'], (said) => this.#kernelSaid(host, said))
    }
    startProgram(clientHost, new URL('./advert-watch.ts', import.meta.url), ['eth0', clientIp], {
      onMessage: ({ atMs }: AdvertSeen) => {
        this.#lastAdvertMs = atMs
        this.changed()
      },
      onLine: (line) => this.log.add(`adverts: ${line}`),
    })
    await pause(monitorMs)
    await this.#startClient(servicePort)
  }

  /** The client, connecting to that port of the virtual IP from now on. */
  async #startClient(port: number): Promise<void> {
    if (this.#client?.port === port) return
    await this.#client?.program.end()
    this.clientRaised = null
    const program = startProgram(clientHost, new URL('./prober.ts', import.meta.url), [virtualIp, `${port}`], {
      onLine: (line) => this.#clientSaid(line),
    })
    this.#client = { port, program }
    if (!(await this.until(() => this.clientRaised !== null, readyWithinMs)))
      throw new Error(`the client did not start: ${this.log.last(5).join('\n')}`)
  }

  /** Starts or ends one busy loop per core. */
  async setLoad(load: Load): Promise<void> {
    const wanted = load === 'busy' ? availableParallelism() : 0
    if (this.#burners.length === wanted) return
    await Promise.all(this.#burners.map((burner) => burner.end()))
    this.#burners = Array.from({ length: wanted }, () =>
      startProcess({ host: clientHost, command: 'sh', args: ['-c', 'while :; do :; done'] }),
    )
  }

  /** Starts a daemon on both nodes, until the first is director and the client reaches it. @throws Error if it does not */
  async start(daemon: Daemon, pace: Pace): Promise<void> {
    await this.#startClient(daemon === 'proxyha-kernel' ? redirectPort : servicePort)
    for (const node of nodes) this.startNode(daemon, node, pace)
    const ready = () => this.isDirector(first) && this.successes.lastMs > Number.NEGATIVE_INFINITY
    if (await this.until(ready, readyWithinMs)) return
    throw new Error(`${daemon} did not start at ${pace.name}:\n${this.log.last(10).join('\n')}`)
  }

  startNode(daemon: Daemon, node: NodePlan, pace: Pace): void {
    const onLine = (line: string) => {
      this.log.add(`${node.host}: ${line}`)
      if (/Entering (MASTER|BACKUP|FAULT) STATE/.test(line)) this.transitions++
    }
    this.#daemons.set(node.host, startDaemon(daemon, node, pace, onLine))
  }

  daemonOf(node: NodePlan): HostProcess {
    const daemon = this.#daemons.get(node.host)
    if (!daemon) throw new Error(`no daemon was started on ${node.host}`)
    return daemon
  }

  setCable(node: NodePlan, plugged: boolean): void {
    setCable(node.host, plugged)
    this.holders.setPlugged(node.host, plugged, monotonicMs())
  }

  setLink(node: NodePlan, up: boolean): void {
    ip(['-n', node.host, 'link', 'set', 'eth0', up ? 'up' : 'down'])
    this.holders.setPlugged(node.host, up, monotonicMs())
  }

  /** Resolves when this much of the interval after an advert is over. @throws Error where no adverts are seen */
  async untilPhase({ advertIntervalMs }: Pace, phase: number): Promise<void> {
    const askedAtMs = monotonicMs()
    if (!(await this.until(() => this.#lastAdvertMs > askedAtMs, readyWithinMs)))
      throw new Error(`no advert was seen: ${this.log.last(5).join('\n')}`)
    const dueMs = this.#lastAdvertMs + phase * advertIntervalMs
    await pause(Math.max(0, dueMs - monotonicMs() - timerMs))
    sleepMs(dueMs - monotonicMs())
  }

  /** Whether a node holds the VIP, alone on the network. */
  isDirector(node: NodePlan): boolean {
    return this.holders.now.length === 1 && this.holds(node)
  }

  holds(node: NodePlan): boolean {
    return this.holders.now.includes(node.host)
  }

  /** Ends both daemons and takes away all that they left behind, until the next ones find the nodes as the first did. */
  async clear(): Promise<void> {
    for (const daemon of this.#daemons.values()) if (daemon.running) signalAll(daemon, 'SIGKILL')
    await Promise.all([...this.#daemons.values()].map(({ ended }) => ended))
    this.#daemons.clear()
    for (const node of nodes) {
      this.setLink(node, true)
      this.setCable(node, true)
      removeAddress(node.host, virtualIp, prefixLength)
      forgetKernelMode(node)
    }
    if (!(await this.until(() => this.holders.now.length === 0, emptyWithinMs)))
      throw new Error('a node kept the VIP although it was taken away')
    ip(['-n', clientHost, 'neigh', 'flush', 'dev', 'eth0'])
    this.holders = new VipHolders()
    this.successes.clear()
    this.#lostMs = []
    this.acquisitions = 0
    this.transitions = 0
  }

  /** Connections that were begun since then and failed, as far as they are known by now. */
  lostSince(sinceMs: number): number {
    return this.#lostMs.filter((atMs) => atMs >= sinceMs).length
  }

  #kernelSaid(host: string, said: MonitorLine): void {
    if (said.type !== 'address' || said.address !== virtualIp) return
    if (this.holders.setHeld(host, said.held, monotonicMs()) && said.held) this.acquisitions++
    this.changed()
  }

  #clientSaid(line: string): void {
    // Whatever is no report is why the client ended.
    if (!line.startsWith('{')) {
      this.log.add(`client: ${line}`)
      return
    }
    const { successesMs, lostMs, raised } = JSON.parse(line) as ProberReport
    this.clientRaised = raised
    this.successes.add(successesMs)
    this.#lostMs = [...this.#lostMs, ...lostMs].slice(-LOST_KEPT)
    this.changed()
  }
}

/** What kernel mode leaves behind for the next process. */
function forgetKernelMode({ host }: NodePlan): void {
  try {
    runOn(host, 'nft', ['flush', 'ruleset'])
  } catch {
    // Without nft there was no kernel mode.
  }
  removeAddress(host, virtualIp, 32, 'lo')
}
