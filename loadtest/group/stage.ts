import { rmSync } from 'node:fs'
import { configure, type NodePlan, socketOf, startGateway, startProxyha } from '../../runtime/lab/testbed/gateway.ts'
import { isComplete, readStatus } from '../../runtime/lab/testbed/gateway-status.ts'
import { type HostProcess, startProgram, Tail } from '../../runtime/lab/testbed/processes.ts'
import { hasAddress } from '../../runtime/lab/testbed/topology.ts'
import { until } from '../../runtime/lab/testbed/until.ts'
import { group, groupPlan, joining, type Mode, proxyPort, virtualIp } from './network.ts'

const patienceMs = 60_000
const lookEveryMs = 100
const ordinaryCapacity = 100

/** Three gateways and one more, and their servers. */
export class Stage {
  readonly mode: Mode
  readonly #log = new Tail()
  /** Keeps a line for the moment when something does not come about. */
  readonly note = this.#log.add
  readonly #gateways = new Map<string, HostProcess>()
  readonly #servers = new Map<string, HostProcess>()
  readonly #capacities = new Map<string, number>()

  constructor(mode: Mode) {
    this.mode = mode
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

  startServer(node: NodePlan): void {
    const program = new URL('./server.ts', import.meta.url)
    const onLine = (line: string) => this.note(`server of ${node.host}: ${line}`)
    this.#servers.set(node.host, startProgram(node.host, program, [node.host, `${proxyPort}`], { onLine }))
  }

  /** Ends the server of a node, and with it all connections that end there. */
  async stopServer({ host }: Pick<NodePlan, 'host'>): Promise<void> {
    await this.#servers.get(host)?.end('SIGTERM')
    this.#servers.delete(host)
  }

  start(node: NodePlan): void {
    const plan = groupPlan(this.mode, this.#capacities.get(node.host) ?? ordinaryCapacity)
    const gateway = startGateway(node, plan, (line) => this.note(`${node.host}: ${line}`))
    this.#gateways.set(node.host, gateway)
  }

  async stop({ host }: Pick<NodePlan, 'host'>, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#gateways.get(host)?.end(signal)
    this.#gateways.delete(host)
  }

  /** The process of a node's gateway. @throws Error where none was started */
  pidOf({ host }: NodePlan): number {
    const gateway = this.#gateways.get(host)
    if (gateway === undefined) throw new Error(`no gateway was started on ${host}`)
    return gateway.pid
  }

  /** Writes a node's configuration; it goes by it from its next start or reload. */
  configure(node: NodePlan, capacity: number): void {
    this.#capacities.set(node.host, capacity)
    configure(node, groupPlan(this.mode, capacity))
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

  #holds(node: NodePlan): boolean {
    return group.every(({ host }) => hasAddress(host, virtualIp) === (host === node.host))
  }
}
