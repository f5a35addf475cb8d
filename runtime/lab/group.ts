import { writeFileSync } from 'node:fs'
import type { Server } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { ToldStatus } from '../../actors/inspector/messages.ts'
import { GapMeter } from './gap-meter.ts'
import { type LabPage, openPage } from './pages.ts'
import {
  clientHost,
  gateways,
  labGroup,
  labTopology,
  originHost,
  originPort,
  prefixLength,
  proxyPort,
  squidConf,
  virtualIp,
} from './plan.ts'
import { type NodePlan, socketOf, startGateway } from './testbed/gateway.ts'
import { readStatus } from './testbed/gateway-status.ts'
import { type HostProcess, startProcess, startProgram, Tail } from './testbed/processes.ts'
import { sandboxDirectory } from './testbed/sandbox.ts'
import { buildTopology, macOf, removeAddress, setCable } from './testbed/topology.ts'
import { Changing } from './testbed/until.ts'
import { type MonitorLine, VipHolders, watchKernel } from './testbed/vip-holders.ts'
import type { Timeline } from './timeline.ts'
import { type ClientReport, monotonicMs, type ProberReport, RateMeter, TrafficWindow } from './traffic.ts'

const statusIntervalMs = 200
const embeddedProxy = new URL('./forward-proxy.ts', import.meta.url)

/** One gateway of the lab with the proxy beside it. */
interface Gateway {
  readonly plan: NodePlan
  readonly log: Tail
  process: HostProcess | null
  proxy: HostProcess | null
  status: ToldStatus | null
}

/** The running lab: its gateways, proxies and clients, what can be done to them and what is known of them. */
export class Group extends Changing {
  readonly holders = new VipHolders()
  readonly gap = new GapMeter()
  readonly rate = new RateMeter(2000)
  traffic = new TrafficWindow(0)
  readonly #timeline: Timeline
  readonly #squid: boolean
  #pages: readonly LabPage[] = []
  readonly #gateways: readonly Gateway[]
  /** MAC by host, to name whom a client's ARP entry points to. */
  readonly #hostOfMac = new Map<string, string>()
  #arpHost: string | null = null

  constructor(timeline: Timeline, squid: boolean) {
    super()
    this.#timeline = timeline
    this.#squid = squid
    this.#gateways = gateways.map((plan) => ({ plan, log: new Tail(), process: null, proxy: null, status: null }))
  }

  /** Builds the network, then starts the origin, the proxies, the gateways and the clients. */
  start(): void {
    buildTopology(labTopology)
    for (const { plan } of this.#gateways) this.#hostOfMac.set(macOf(plan.host), plan.host)
    for (const host of [clientHost, ...this.#hostOfMac.values()])
      watchKernel(host, ['address', 'neigh'], (said) => this.#kernelSaid(host, said))
    startProgram(originHost, new URL('./origin.ts', import.meta.url), [`${originPort}`])
    for (const { plan } of this.#gateways) {
      this.startProxy(plan.host)
      this.startGateway(plan.host)
    }
    startProgram(clientHost, new URL('./prober.ts', import.meta.url), [], {
      onMessage: ({ connectedAtMs }: ProberReport) => {
        this.gap.add(connectedAtMs)
        this.changed()
      },
    })
    void this.#pollStatus()
  }

  /** Where a browser of the machine finds each gateway's page. */
  get pages(): readonly LabPage[] {
    return this.#pages
  }

  /** Opens the page of a gateway to a socket that listens on the machine itself. */
  async openPage(name: string, server: Server): Promise<void> {
    const page = await openPage(name, server)
    this.#pages = [...this.#pages, page]
    this.#timeline.add('event', `the page of ${name}: ${page.url}`)
  }

  /** Starts the 200 clients; from now on there is traffic without a pause. */
  startClients(): void {
    startProgram(clientHost, new URL('./client.ts', import.meta.url), [], {
      onMessage: ({ results }: ClientReport) => {
        for (const result of results) {
          this.rate.add(result)
          this.traffic.add(result)
        }
        this.changed()
      },
    })
  }

  startGateway(name: string): void {
    const gateway = this.#gateway(name)
    const process = startGateway(gateway.plan, labGroup, gateway.log.add)
    gateway.process = process
    void process.ended.then((code) => {
      if (gateway.process === process) gateway.process = null
      this.#timeline.add('event', `${name}: proxyha ended ${code === null ? 'by a signal' : `with ${code}`}`)
    })
  }

  /** Asks the gateway to stop in order. It gives the VIP up at once, and ends when its connections have. */
  stopGateway(name: string): void {
    this.#gateway(name).process?.signal('SIGTERM')
  }

  startProxy(name: string): void {
    const gateway = this.#gateway(name)
    gateway.proxy = this.#squid
      ? startSquid(name, gateway.log)
      : startProgram(name, embeddedProxy, [name, `${proxyPort}`], { onLine: gateway.log.add })
  }

  async stopProxy(name: string): Promise<void> {
    const { proxy } = this.#gateway(name)
    await proxy?.end()
  }

  /** Power off: the cable is pulled and all that ran is gone, without a chance to say a word. */
  async powerOff(name: string): Promise<void> {
    const { process, proxy } = this.#gateway(name)
    setCable(name, false)
    this.holders.setPlugged(name, false, monotonicMs())
    await Promise.all([process?.end(), proxy?.end()])
  }

  /** Power on: a machine that booted remembers no VIP; then its proxy and its gateway start. */
  powerOn(name: string): void {
    removeAddress(name, virtualIp, prefixLength)
    this.holders.setHeld(name, false, monotonicMs())
    setCable(name, true)
    this.holders.setPlugged(name, true, monotonicMs())
    this.startProxy(name)
    this.startGateway(name)
  }

  /** What the gateway's status said last; null while it does not answer. */
  statusOf(name: string): ToldStatus | null {
    return this.#gateway(name).status
  }

  isRunning(name: string): boolean {
    return this.#gateway(name).process?.running ?? false
  }

  isProxyRunning(name: string): boolean {
    return this.#gateway(name).proxy?.running ?? false
  }

  /** The one holder of the VIP on the network; null when there is none, or more than one. */
  get director(): string | null {
    const [first, ...others] = this.holders.now
    return others.length === 0 ? (first ?? null) : null
  }

  /** Whom the clients' kernel sends the VIP's packets to, by its ARP entry. */
  get arpHost(): string | null {
    return this.#arpHost
  }

  /** The last lines that a gateway and its proxy wrote. */
  logOf(name: string, lines: number): readonly string[] {
    return this.#gateway(name).log.last(lines)
  }

  #gateway(name: string): Gateway {
    const gateway = this.#gateways.find(({ plan }) => plan.host === name)
    if (!gateway) throw new Error(`the lab has no gateway ${name}`)
    return gateway
  }

  #kernelSaid(host: string, said: MonitorLine): void {
    if (said.address !== virtualIp) return
    if (said.type === 'address') {
      if (!this.holders.setHeld(host, said.held, monotonicMs())) return
      this.#timeline.add('event', `${host} ${said.held ? 'holds' : 'gave up'} ${virtualIp}`)
    } else if (host === clientHost) {
      const pointsTo = this.#hostOfMac.get(said.mac) ?? said.mac
      if (pointsTo !== this.#arpHost)
        this.#timeline.add('event', `the clients' ARP entry of ${virtualIp} points to ${pointsTo}`)
      this.#arpHost = pointsTo
    }
    this.changed()
  }

  async #pollStatus(): Promise<void> {
    for (;;) {
      const asked = this.#gateways.map(async (gateway) => {
        gateway.status = await readStatus(socketOf(gateway.plan.host))
      })
      await Promise.all(asked)
      this.changed()
      await pause(statusIntervalMs)
    }
  }
}

/** Squid refuses to run as root: in a user namespace of its own it is nobody, with and without real root. */
function startSquid(name: string, log: Tail): HostProcess {
  const file = `${sandboxDirectory}/${name}-squid.conf`
  writeFileSync(file, squidConf(name, sandboxDirectory))
  const nobody = ['--user', '--map-user=65534', '--map-group=65534']
  return startProcess({
    host: name,
    command: 'unshare',
    args: [...nobody, '--', 'squid', '-N', '-f', file],
    onLine: log.add,
  })
}
