import { rmSync } from 'node:fs'
import {
  configure,
  type GroupPlan,
  type NodePlan,
  socketOf,
  startGateway,
  startProxyha,
} from '../../runtime/lab/testbed/gateway.ts'
import { isComplete, readStatus } from '../../runtime/lab/testbed/gateway-status.ts'
import { type HostProcess, startProgram, Tail } from '../../runtime/lab/testbed/processes.ts'
import { hasAddress } from '../../runtime/lab/testbed/topology.ts'
import { until } from '../../runtime/lab/testbed/until.ts'
import { group, groupPlan, joining, type Mode, proxyPort, virtualIp } from './network.ts'

const patienceMs = 60_000
const lookEveryMs = 100
const ordinaryCapacity = 100

/** What a load test may have otherwise. */
export interface StageOptions {
  /** More lines of YAML of each gateway. */
  readonly settings?: string
  /** In the place of `server.ts`; it takes the same arguments. */
  readonly server?: URL
  /** More of the environment of the gateway on a host. */
  readonly environmentOf?: (host: string) => Readonly<Record<string, string>>
  /** Is told of each gateway that ends, in order or not. */
  readonly onEnd?: (host: string, code: number | null) => void
}

/** Three gateways and one more, and their servers. */
export class Stage {
  readonly mode: Mode
  readonly #options: StageOptions
  readonly #log = new Tail()
  /** Keeps a line for the moment when something does not come about. */
  readonly note = this.#log.add
  readonly #gateways = new Map<string, HostProcess>()
  readonly #servers = new Map<string, HostProcess>()
  readonly #capacities = new Map<string, number>()

  constructor(mode: Mode, options: StageOptions = {}) {
    this.mode = mode
    this.#options = options
  }

  /** Starts servers and gateways, but the one that joins later, until the first is director of all. */
  async open(): Promise<void> {
    for (const node of [...group, joining]) this.startServer(node)
    for (const node of group) {
      this.start(node)
      // One after the other: where others compute, too, three at once take longer to start than a gateway gives its actors.
      await this.until(async () => (await readStatus(socketOf(node.host))) !== null, `${node.host} to start`)
    }
    await this.settled(group[0]!, group)
  }

  /** Ends everything, and takes away what a gateway may have left. */
  async close(): Promise<void> {
    for (const host of [...this.#gateways.keys()]) {
      await this.stop({ host }, 'SIGTERM')
      rmSync(`${socketOf(host)}.draining`, { force: true })
    }
    for (const host of [...this.#servers.keys()]) await this.stopServer({ host })
  }

  /** `args`: more of them. */
  startServer(node: NodePlan, ...args: readonly string[]): void {
    const program = this.#options.server ?? new URL('./server.ts', import.meta.url)
    const onLine = (line: string) => this.note(`server of ${node.host}: ${line}`)
    this.#servers.set(node.host, startProgram(node.host, program, [node.host, `${proxyPort}`, ...args], { onLine }))
  }

  /** Ends the server of a node, and with it all connections that end there. */
  async stopServer({ host }: Pick<NodePlan, 'host'>): Promise<void> {
    await this.#servers.get(host)?.end('SIGTERM')
    this.#servers.delete(host)
  }

  start(node: NodePlan): void {
    const { environmentOf, onEnd } = this.#options
    const onLine = (line: string) => this.note(`${node.host}: ${line}`)
    const gateway = startGateway(node, this.#planOf(node), onLine, environmentOf?.(node.host))
    this.#gateways.set(node.host, gateway)
    void gateway.ended.then((code) => onEnd?.(node.host, code))
  }

  async stop({ host }: Pick<NodePlan, 'host'>, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#gateways.get(host)?.end(signal)
    this.#gateways.delete(host)
  }

  /** The process of a node's gateway. @throws Error where none was started */
  pidOf(node: NodePlan): number {
    return this.gatewayOf(node).pid
  }

  /** @throws Error where none was started */
  gatewayOf({ host }: Pick<NodePlan, 'host'>): HostProcess {
    const gateway = this.#gateways.get(host)
    if (gateway === undefined) throw new Error(`no gateway was started on ${host}`)
    return gateway
  }

  /** @throws Error where none was started */
  serverOf({ host }: NodePlan): HostProcess {
    const server = this.#servers.get(host)
    if (server === undefined) throw new Error(`no server was started on ${host}`)
    return server
  }

  /** Writes a node's configuration; it goes by it from its next start or reload. */
  configure(node: NodePlan, capacity: number): void {
    this.#capacities.set(node.host, capacity)
    configure(node, this.#planOf(node))
  }

  /** `proxyha WORDS...` on a node, to its end. @throws Error where it does not end well */
  async order(node: NodePlan, ...words: readonly string[]): Promise<void> {
    const said: string[] = []
    const code = await startProxyha(node.host, [...words, '-s', socketOf(node.host)], (line) => said.push(line)).ended
    if (code !== 0) throw new Error(`proxyha ${words.join(' ')} on ${node.host} ended with ${code}: ${said.join(' ')}`)
  }

  /** Waits until that node leads, alone has the VIP, and just those nodes own slots. */
  async settled(director: NodePlan, owners: readonly NodePlan[]): Promise<void> {
    const names = owners.map(({ host }) => host)
    await this.until(
      async () => isComplete(await readStatus(socketOf(director.host)), names) && this.#holds(director),
      `${director.host} as director of ${names}`,
    )
  }

  /** Slots of a node, as the director says. */
  async slotsOf(director: NodePlan, { host }: NodePlan): Promise<number> {
    return (await readStatus(socketOf(director.host)))?.nodes.find(({ name }) => name === host)?.slots ?? 0
  }

  /** Whether a gateway that has just started has heard who leads. */
  async knowsGroup(node: NodePlan): Promise<boolean> {
    const status = await readStatus(socketOf(node.host))
    return status?.nodes.some(({ director }) => director) === true
  }

  /** What a node says of another. */
  async stateOf(asked: NodePlan, { host }: NodePlan): Promise<string | undefined> {
    return (await readStatus(socketOf(asked.host)))?.nodes.find(({ name }) => name === host)?.state
  }

  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    await until(holds, patienceMs, () => `${what}\n${this.#log.last(20).join('\n')}`, lookEveryMs)
  }

  /** What was noted last. */
  lastNotes(count: number): readonly string[] {
    return this.#log.last(count)
  }

  #planOf({ host }: NodePlan): GroupPlan {
    return groupPlan(this.mode, this.#capacities.get(host) ?? ordinaryCapacity, this.#options.settings)
  }

  #holds(node: NodePlan): boolean {
    return group.every(({ host }) => hasAddress(host, virtualIp) === (host === node.host))
  }
}
