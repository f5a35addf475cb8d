import { rmSync, writeFileSync } from 'node:fs'
import { clusterKey, type NodePlan, socketOf, startProxyha } from '../../runtime/lab/testbed/gateway.ts'
import { askGateway, isComplete, readStatus } from '../../runtime/lab/testbed/gateway-status.ts'
import { type HostProcess, startProgram, Tail } from '../../runtime/lab/testbed/processes.ts'
import { sandboxDirectory } from '../../runtime/lab/testbed/sandbox.ts'
import { hasAddress } from '../../runtime/lab/testbed/topology.ts'
import { until } from '../../runtime/lab/testbed/until.ts'
import {
  buildNetwork,
  director,
  follower,
  type MemberPlan,
  memberPlan,
  originalPortOf,
  pair,
  proxyPortOf,
  swarmHost,
  virtualIpOf,
} from './network.ts'
import { heldByProcess } from './plan.ts'
import { type Shape, shapeYaml, VIRTUAL_ROUTER_ID } from './shape.ts'
import { mostFiles } from './usage.ts'

const PATIENCE_MS = 60_000
const LOOK_EVERY_MS = 50
const ORDER_WITHIN_MS = 10_000

/** A group of a shape, on a network of its own: two gateways, simulated nodes for the rest, and a server on each host. */
export class Group {
  readonly shape: Shape
  readonly members: readonly MemberPlan[]
  readonly #log = new Tail()
  readonly note = this.#log.add
  readonly #gateways = new Map<string, HostProcess>()
  readonly #others: HostProcess[] = []

  constructor(shape: Shape) {
    this.shape = shape
    this.members = Array.from({ length: shape.nodes - pair.length }, (_, index) => memberPlan(index))
  }

  /** One gateway is started, and ended: what the first start of a clone compiles all others find compiled. */
  async warmUp(): Promise<void> {
    buildNetwork([], [])
    await this.start(director)
    await this.close()
  }

  /** How long it took to settle once both gateways were ready. */
  async open(): Promise<number> {
    const { mode, virtualIps } = this.shape
    const served = mode === 'kernel' ? Array.from({ length: virtualIps }, (_, index) => virtualIpOf(index)) : []
    buildNetwork(this.members, served)
    await Promise.all([...pair.map(({ host }) => host), swarmHost].map((host) => this.#serve(host)))
    if (this.members.length > 0) {
      const args = [mode, clusterKey, `${VIRTUAL_ROUTER_ID}`, `${this.members.length}`]
      this.#others.push(
        startProgram(swarmHost, new URL('./swarm/program.ts', import.meta.url), args, { onLine: this.note }),
      )
    }
    // One after the other: where others compute, too, two at once take longer to start than a gateway gives its actors.
    for (const node of pair) await this.start(node)
    const readyMs = performance.now()
    await this.settled()
    return performance.now() - readyMs
  }

  /** Ends everything at once; what the gateways leave in the kernel goes with their network. */
  async close(): Promise<void> {
    for (const gateway of this.#gateways.values()) await gateway.end()
    for (const other of this.#others) await other.end()
    for (const { host } of pair)
      for (const left of ['', '.draining']) rmSync(`${socketOf(host)}${left}`, { force: true })
  }

  /** Until it says that it is ready; how long that took. */
  async start(node: NodePlan): Promise<number> {
    const file = `${sandboxDirectory}/${node.host}.yaml`
    writeFileSync(file, shapeYaml(node, this.shape, socketOf(node.host)))
    const beganMs = performance.now()
    const ready = Promise.withResolvers<number>()
    const onLine = (line: string) => {
      this.note(`${node.host}: ${line}`)
      if (/\bready after /.test(line)) ready.resolve(performance.now() - beganMs)
    }
    const gateway = startProxyha(node.host, ['run', '-c', file], onLine)
    this.#gateways.set(node.host, gateway)
    const ended = gateway.closed.then(() => {
      throw new Error(`${node.host} ended:\n${this.#log.last(20).join('\n')}`)
    })
    ended.catch(() => {})
    return Promise.race([ready.promise, ended])
  }

  kill({ host }: NodePlan): void {
    this.#gateways.get(host)?.signal('SIGKILL')
  }

  /** @throws Error where it was not started */
  pidOf({ host }: NodePlan): number {
    const gateway = this.#gateways.get(host)
    if (gateway === undefined) throw new Error(`${host} was not started`)
    return gateway.pid
  }

  /** The one of the higher priority leads, alone has the virtual IPs, and all nodes own slots. */
  async settled(): Promise<void> {
    const names = [...pair.map(({ host }) => host), ...this.members.map(({ name }) => name)]
    const last = virtualIpOf(this.shape.virtualIps - 1)
    await this.until(
      async () =>
        isComplete(await readStatus(socketOf(director.host)), names) &&
        hasAddress(director.host, last) &&
        !hasAddress(follower.host, last),
      `${director.host} as director of ${names.length} nodes`,
    )
  }

  /** An order by the control socket of the director. @throws Error where it is refused */
  async order(path: string): Promise<void> {
    const answer = await askGateway(socketOf(director.host), path, ORDER_WITHIN_MS, 'POST')
    if (answer?.statusCode !== 200) throw new Error(`${path}: ${answer?.text ?? 'no answer'}`)
  }

  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    await until(holds, PATIENCE_MS, () => `${what}\n${this.#log.last(20).join('\n')}`, LOOK_EVERY_MS)
  }

  /** As many servers as it takes for the half of all connections that come to a host, and some more. */
  async #serve(host: string): Promise<void> {
    const { redirects, connections, mode } = this.shape
    const proxies = [`${proxyPortOf(0)}`, `${redirects}`]
    // To a simulated node frames come as they were sent: nobody rewrites their port.
    const args =
      host === swarmHost && mode === 'kernel' ? [...proxies, `${originalPortOf(0)}`, `${redirects}`] : proxies
    const count = Math.ceil((0.7 * connections) / heldByProcess(mostFiles())) || 1
    await Promise.all(
      Array.from({ length: count }, async () => {
        const listening = Promise.withResolvers<void>()
        const onLine = (line: string) => {
          if (line === 'listening') listening.resolve()
          else this.note(`server of ${host}: ${line}`)
        }
        const server = startProgram(host, new URL('./traffic/server.ts', import.meta.url), [host, ...args], { onLine })
        this.#others.push(server)
        void server.ended.then((code) => listening.reject(new Error(`the server of ${host} ended with ${code}`)))
        await listening.promise
      }),
    )
  }
}
