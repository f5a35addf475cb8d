/**
 * Four gateways and two clients on a switch that can be cut in two: two bridges and a cable between them.
 *
 *     eth0 10.88.0.11 .. 14  gateways --- br0 ==trunk0======trunk1== br1 --- gateways
 *     eth0 10.88.0.21        client 0 ---'                             '--- client 1  10.88.0.22
 *
 * On which bridge a gateway is, a test chooses, and again whenever it likes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type GroupPlan, gatewayYaml } from '../../runtime/lab/testbed/gateway.ts'
import type { Namespace, Namespaces } from '../namespaces.ts'
import { HoldingTimes, parseAddressChange } from './vrrp/holding-times.ts'

const VIP = '10.88.0.10'
const PROXYHA = fileURLToPath(new URL('../../bin/proxyha', import.meta.url))

/** 0 or 1: which bridge. */
export type Side = 0 | 1

export class DividedGroup {
  readonly priorities: readonly number[]
  readonly #plan: GroupPlan
  /** What the kernels say, from the start on. */
  readonly times = new HoldingTimes()
  readonly #folder = mkdtempSync(join(tmpdir(), 'proxyha-test-'))
  readonly #switch: Namespace
  readonly #nodes: readonly Namespace[]
  readonly #clients: readonly Namespace[]
  readonly #sides: Side[]

  constructor(namespaces: Namespaces, priorities: readonly number[], advertIntervalMs: number) {
    this.priorities = priorities
    this.#plan = {
      virtualIp: `${VIP}/16`,
      redirect: 'protocol: http, originalPorts: [8080], proxyPort: 3128',
      settings: `forwarding: workers
vrrp: { version: 3, advertInterval: ${advertIntervalMs}ms }
garp: { repeatAfter: [1s] }`,
    }
    this.#switch = namespaces.create()
    for (const side of [0, 1]) {
      this.#switch.ip('link', 'add', `br${side}`, 'type', 'bridge')
      this.#switch.ip('link', 'set', `br${side}`, 'up')
    }
    namespaces.connect({ namespace: this.#switch, device: 'trunk0' }, { namespace: this.#switch, device: 'trunk1' })
    for (const side of [0, 1]) this.#switch.ip('link', 'set', `trunk${side}`, 'master', `br${side}`)
    this.#nodes = priorities.map((_, index) => this.#plugIn(namespaces, `node${index}`, addressOf(index), 0))
    this.#clients = [0, 1].map((side) => this.#plugIn(namespaces, `client${side}`, `10.88.0.${21 + side}`, side))
    this.#sides = priorities.map(() => 0)
  }

  /**
   * Starts all gateways, and to watch their kernels. Announcements are repeated once only, so that each has to come when it is needed:
   * after a healing one is sent at most every second, and the repetition stands for those in between.
   */
  start(): void {
    for (const [index, node] of this.#nodes.entries()) {
      void this.#watch(index, node)
      const file = join(this.#folder, `node${index}.yaml`)
      const plan = { host: `node${index}`, ip: addressOf(index), priority: this.priorities[index]! }
      writeFileSync(file, gatewayYaml(plan, this.#plan, join(this.#folder, `node${index}.sock`)))
      node.start(PROXYHA, ['run', '-c', file])
    }
  }

  /** Both clients ask once. From then on only announcements change what they know: an entry never has to be confirmed. */
  async askOnce(): Promise<void> {
    for (const client of this.#clients) {
      const settings = '/proc/sys/net/ipv4/neigh/eth0'
      const forADay = `echo 86400000 >${settings}/base_reachable_time_ms; echo 86400 >${settings}/gc_stale_time`
      const done = await client.run('sh', ['-ec', forADay])
      if (done.code !== 0) throw new Error(done.stderr)
      // It is refused or not: the address has been asked for before that.
      await client.run('curl', ['-s', '-m', '2', `http://${VIP}:1/`])
    }
  }

  /** Puts every gateway on the bridge that is said, while both are one. */
  arrange(sides: readonly Side[]): void {
    for (const [index, side] of sides.entries()) {
      if (this.#sides[index] === side) continue
      this.#switch.ip('link', 'set', `node${index}`, 'master', `br${side}`)
      this.#sides[index] = side
    }
  }

  nodesOn(side: Side): number[] {
    return this.priorities.flatMap((_, index) => (this.#sides[index] === side ? [index] : []))
  }

  /** Of those nodes, the one that is to lead. */
  highestOf(nodes: readonly number[]): number {
    return nodes.reduce((best, node) => (this.priorities[node]! > this.priorities[best]! ? node : best))
  }

  setTrunk(up: boolean): void {
    this.#switch.ip('link', 'set', 'trunk0', up ? 'up' : 'down')
  }

  /** The node whose MAC that client has for the virtual address; undefined where it has none. */
  knownTo(client: Side): number | undefined {
    const listing = this.#clients[client]!.ip('-j', 'neighbour', 'show', VIP, 'dev', 'eth0')
    const [entry] = JSON.parse(listing || '[]') as { readonly lladdr?: string }[]
    const node = this.#nodes.findIndex((_, index) => entry?.lladdr === macOf(index))
    return node < 0 ? undefined : node
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #plugIn(namespaces: Namespaces, port: string, address: string, side: number): Namespace {
    const namespace = namespaces.create()
    namespaces.connect({ namespace, device: 'eth0' }, { namespace: this.#switch, device: port })
    const node = /^node(\d)$/.exec(port)?.[1]
    if (node !== undefined) namespace.ip('link', 'set', 'eth0', 'address', macOf(Number(node)))
    namespace.ip('address', 'add', `${address}/16`, 'dev', 'eth0')
    this.#switch.ip('link', 'set', port, 'master', `br${side}`)
    return namespace
  }

  async #watch(index: number, node: Namespace): Promise<void> {
    const monitor = node.start('ip', ['-ts', '-o', 'monitor', 'address', 'dev', 'eth0'])
    try {
      for (;;) {
        const change = parseAddressChange(await monitor.nextLine())
        if (change?.address === VIP) this.times.note(index, change)
      }
    } catch {
      // It ends with its namespace.
    }
  }
}

const addressOf = (node: number): string => `10.88.0.${11 + node}`
const macOf = (node: number): string => `02:00:00:00:88:1${node + 1}`
