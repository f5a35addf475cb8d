/**
 * A whole group on one subnet of namespaces, for tests: real `proxyha run` processes beside real squids, an origin web
 * server and a client with many addresses.
 *
 *     br0 --- eth0 10.88.0.11  node 0 (highest priority): proxyha, squid :3128
 *         |-- eth0 10.88.0.12  node 1
 *         |-- eth0 10.88.0.13  node 2
 *         |-- eth0 10.88.0.99  origin :80
 *         '-- eth0 10.88.1.1   client, and 10.88.1.2 ... 10.88.1.60
 */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { squidConf } from '../../runtime/lab/plan.ts'
import { clusterKey, gatewayYaml } from '../../runtime/lab/testbed/gateway.ts'
import { askGateway } from '../../runtime/lab/testbed/gateway-status.ts'
import { until } from '../../runtime/lab/testbed/until.ts'
import type { Namespace, Namespaces, RunningProgram } from '../namespaces.ts'

export { until }

export const CLUSTER_KEY = clusterKey
export const VIP = '10.88.0.10'
export const ORIGIN = '10.88.0.99'
export const CLIENTS = Array.from({ length: 60 }, (_, index) => `10.88.1.${index + 1}`)
const KEPT = new URL('./fixtures/kept-connection.ts', import.meta.url)
export const PROXYHA = fileURLToPath(new URL('../../bin/proxyha', import.meta.url))

/** On a busy machine the threads of a few gateways take their time. */
export const START_PATIENCE_MS = 45_000

/** A slow start takes 30 s. */
const REST_PATIENCE_MS = 60_000

/** What a test may choose. */
export interface GroupOptions {
  /** Another `proxyha` than that of the clone. */
  readonly program?: string
  /** Of each node; the first is to be the director. */
  readonly priorities: readonly number[]
  readonly originalPort?: number
  /** With its prefix; `VIP` unless told otherwise. */
  readonly virtualIp?: string
  /** The nodes' configurations leave it to the interface which address is their own. */
  readonly areAddressesUnnamed?: boolean
  /** More lines of YAML. */
  readonly settings?: string
  /** More of the redirect, as `, key: value` in YAML. */
  readonly redirect?: string
  /** Of each node: words that go before the command that starts its gateway. */
  readonly startedBy?: readonly (readonly string[] | undefined)[]
  /** Of each node: the lines of YAML that say what it leads, instead of its priority and the `virtualIp`. */
  readonly elections?: readonly string[]
}

/** The fixed interface of `GET /status`, as far as the tests look at it. */
export interface Status {
  readonly node: string
  readonly role: string
  readonly forwarding: string
  readonly vrrp: { readonly state: string; readonly masterIp: string | null; readonly transitions: number }
  readonly instances: readonly { readonly name: string; readonly state: string; readonly transitions: number }[]
  readonly virtualIps: readonly { readonly address: string; readonly held: boolean }[]
  readonly monitor: {
    readonly state: string
    readonly ports: readonly { port: number; listening: boolean; problem: string | null }[]
  }
  readonly nodes: readonly {
    readonly name: string
    readonly address: string
    readonly mac: string | null
    readonly self: boolean
    readonly director: boolean
    readonly state: string
    readonly key: string | null
    readonly slots: number
    readonly activeConnections: number
    readonly totalConnections: number
    readonly slowStart: number | null
  }[]
  readonly warnings: readonly string[]
}

/** One gateway: its namespace and what runs in it. */
export class GatewayNode {
  readonly name: string
  readonly address: string
  readonly priority: number
  readonly namespace: Namespace
  readonly #group: Group
  gateway: RunningProgram | undefined
  proxy: RunningProgram | undefined

  constructor(group: Group, index: number, priority: number, namespace: Namespace) {
    this.#group = group
    this.name = `node${index}`
    this.address = `10.88.0.${11 + index}`
    this.priority = priority
    this.namespace = namespace
  }

  get configFile(): string {
    return join(this.#group.folder, `${this.name}.yaml`)
  }

  get socket(): string {
    return join(this.#group.controlFolder, `${this.name}.sock`)
  }

  /** What starts its gateway, where there is a configuration. */
  get command(): readonly string[] {
    return [this.#group.options.program ?? PROXYHA, 'run', '-c', this.configFile]
  }

  /** `priority`: where it is not to be that of the group's options. */
  startGateway(priority = this.priority): void {
    const { originalPort = 8080, settings = '', redirect = '', elections, areAddressesUnnamed } = this.#group.options
    const isSaid = (key: string) => settings.includes(`${key}:`)
    const yaml = gatewayYaml(
      { host: this.name, ip: this.address, priority },
      {
        virtualIp: this.#group.virtualIp,
        redirect: `protocol: http, originalPorts: [${originalPort}], proxyPort: 3128${redirect}`,
        settings: `${isSaid('forwarding') ? '' : 'forwarding: workers'}
${isSaid('balancing') ? '' : 'balancing: { slowStart: 0s }'}
${settings}`,
      },
      this.socket,
    )
    const leads = elections?.[this.#group.nodes.indexOf(this)]
    writeFileSync(
      this.configFile,
      yaml
        .replace(/^managementIp.*$/m, (line) => (areAddressesUnnamed ? '' : line))
        .replace(/^directorPriority.*\nvirtualIps.*$/m, (lines) => leads ?? lines),
    )
    const startedBy = this.#group.options.startedBy?.[this.#group.nodes.indexOf(this)] ?? []
    const [program = 'env', ...words] = [...startedBy, 'env', 'PROXYHA_TEST_HOOKS=1', ...this.command]
    this.gateway = this.namespace.start(program, words)
  }

  startProxy(listen = '3128'): void {
    const { folder } = this.#group
    const file = join(folder, `${this.name}-squid.conf`)
    writeFileSync(file, squidConf(this.name, folder, listen))
    // Squids of one machine share names in /dev/shm; `ip netns exec` gave this one mounts of its own.
    const ownShm = `mount -t tmpfs tmpfs /dev/shm && exec squid -N -f ${file}`
    this.proxy = this.namespace.start('sh', ['-c', ownShm])
  }

  /** Kills the proxy as a whole; squid -N is one process. */
  async stopProxy(): Promise<void> {
    await this.proxy?.stop('SIGKILL')
  }

  async stopGateway(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.gateway?.stop(signal)
  }

  /** Runs `proxyha ARGUMENTS`, with this node's control socket, to its end. */
  proxyha(...parameters: string[]) {
    return this.namespace.run(this.#group.options.program ?? PROXYHA, parameters)
  }

  mac(): string {
    return macOf(this.namespace)
  }

  /** Does the kernel hold the VIP on eth0? `virtualIp`: with its prefix. */
  holdsVip(virtualIp = this.#group.virtualIp): boolean {
    return this.namespace.ip('-o', 'address', 'show', 'dev', 'eth0').includes(` ${virtualIp} `)
  }

  setCable(plugged: boolean): void {
    this.#group.bridge.ip('link', 'set', `port${this.#group.nodes.indexOf(this)}`, plugged ? 'up' : 'down')
  }

  /** `GET path` on the control socket; null where nobody answers. */
  async get(path: string): Promise<unknown> {
    const answer = await askGateway(this.socket, path, 2000)
    return answer === null ? null : JSON.parse(answer.text)
  }

  /** Null while it does not answer. Asked again where an actor's part came late, as on a busy machine it may. */
  async status(): Promise<Status | null> {
    for (let asked = 1; ; asked++) {
      const status = (await this.get('/status')) as Status | null
      const isLate = status?.warnings.some((warning) => warning.includes('did not answer within'))
      if (!isLate || asked === 5) return status
    }
  }
}

/** The group; `close` ends all that was started. */
export class Group {
  readonly options: GroupOptions
  readonly folder: string
  readonly controlFolder: string
  readonly bridge: Namespace
  readonly nodes: readonly GatewayNode[]
  readonly origin: Namespace
  readonly client: Namespace
  /** With its prefix. */
  readonly virtualIp: string

  constructor(namespaces: Namespaces, options: GroupOptions) {
    this.options = options
    this.virtualIp = options.virtualIp ?? `${VIP}/16`
    this.folder = mkdtempSync(join(tmpdir(), 'proxyha-test-'))
    // squid gives up root for a user of its own, who has to write its log here; a gateway keeps its socket where nobody else may write.
    chmodSync(this.folder, 0o1777)
    this.controlFolder = join(this.folder, 'control')
    mkdirSync(this.controlFolder, { mode: 0o700 })
    const addresses = options.priorities.map((_, index) => `10.88.0.${11 + index}/16`)
    const { bridge, members } = namespaces.subnet(...addresses, `${ORIGIN}/16`, `${CLIENTS[0]}/16`)
    this.bridge = bridge
    this.nodes = options.priorities.map((priority, index) => new GatewayNode(this, index, priority, members[index]!))
    this.origin = members.at(-2)!
    this.client = members.at(-1)!
    for (const address of CLIENTS.slice(1)) this.client.ip('address', 'add', `${address}/16`, 'dev', 'eth0')
    this.origin.start(process.execPath, [
      '-e',
      `require('node:http').createServer((_, response) => response.end('hello')).listen(80)`,
    ])
  }

  /** Starts all proxies and gateways, until the first is director of as many nodes as are said to be usable. */
  async start(usableNodes = this.nodes.length): Promise<void> {
    for (const node of this.nodes) {
      node.startProxy()
      node.startGateway()
    }
    await this.settled(0, usableNodes, START_PATIENCE_MS)
  }

  /** Waits until that node is director and so many nodes own slots. */
  async settled(director: number, usableNodes: number, withinMs = 20_000): Promise<Status> {
    let last: Status | null = null
    await until(
      async () => {
        last = await this.nodes[director]!.status()
        return last?.role === 'director' && last.nodes.filter((node) => node.slots > 0).length === usableNodes
      },
      withinMs,
      () => `node${director} as director of ${usableNodes} nodes; its status: ${JSON.stringify(last)}`,
    )
    return last!
  }

  /** Waits until, as the first node says, that one owns no slot. */
  async withoutSlots({ name }: GatewayNode, withinMs: number): Promise<void> {
    const slots = async () => (await this.nodes[0]!.status())?.nodes.find((node) => node.name === name)?.slots
    await until(async () => (await slots()) === 0, withinMs, `no slots for ${name}`)
  }

  /** As `settled`, and no node has a share yet that grows: clients without a connection go by slots, which move no more. */
  async atRest(director: number, usableNodes: number): Promise<void> {
    await this.settled(director, usableNodes)
    let last: Status | null = null
    await until(
      async () => {
        last = await this.nodes[director]!.status()
        return last?.nodes.every(({ state, slowStart }) => state === 'ok' && slowStart === null) ?? false
      },
      REST_PATIENCE_MS,
      () => `every node ok with its whole share; node${director} says: ${JSON.stringify(last?.nodes)}`,
    )
  }

  /** What that node has told of the group so far, in an operator's words. */
  async timelineOf(node: number): Promise<string> {
    const timeline = (await this.nodes[node]!.get('/timeline')) as { entries: { at: string; words: string }[] } | null
    return (timeline?.entries ?? []).map(({ at, words }) => `${at} ${words}`).join('\n')
  }

  /** The nodes that served each client of `CLIENTS` in so many requests; undefined among them where one failed. */
  async nodesByClient(rounds: number): Promise<readonly ReadonlySet<string | undefined>[]> {
    const nodesOf = new Map(CLIENTS.map((client) => [client, new Set<string | undefined>()]))
    for (let round = 0; round < rounds; round++) {
      await Promise.all(CLIENTS.map(async (client) => nodesOf.get(client)!.add(await this.fetch(client))))
    }
    return [...nodesOf.values()]
  }

  /** One request through the VIP; the name of the node that served it, or undefined where it failed. */
  async fetch(
    client: string,
    virtualIp = this.virtualIp,
    originalPort = this.options.originalPort ?? 8080,
  ): Promise<string | undefined> {
    const [vip = ''] = virtualIp.split('/')
    const proxy = `http://${vip.includes(':') ? `[${vip}]` : vip}:${originalPort}`
    const curl = ['-sS', '-m', '10', '--interface', client, '-x', proxy, '-D', '-', '-o', '/dev/null']
    const { code, stdout, stderr } = await this.client.run('curl', [...curl, `http://${ORIGIN}/`])
    if (code === 0 && / 200 /.test(stdout)) return /^Via: \S+ (\S+)/m.exec(stdout)?.[1]
    this.client.note(`curl from ${client} to ${proxy}: ${code} ${stdout}${stderr}`)
    return undefined
  }

  holders(virtualIp = this.virtualIp): readonly string[] {
    return this.nodes.filter((node) => node.holdsVip(virtualIp)).map((node) => node.name)
  }

  /** Waits until that node holds the VIP, and nobody else. */
  async heldBy(name: string, withinMs: number): Promise<void> {
    const isAlone = () => `${this.holders()}` === name
    await until(isAlone, withinMs, () => `${name} alone with the VIP: ${this.holders()}`)
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A connection through the VIP and a squid, kept: what it is answered, or how it has ended. */
export class KeptConnection {
  readonly #program: RunningProgram

  private constructor(program: RunningProgram) {
    this.#program = program
  }

  /** From that client; its first request is answered. */
  static async open(group: Group, client: string): Promise<KeptConnection> {
    const kept = new KeptConnection(group.client.startScript(KEPT, client, VIP, '8080', `http://${ORIGIN}/`))
    const answer = await kept.ask()
    if (answer.status !== 200) throw new Error(JSON.stringify(answer))
    return kept
  }

  /** Sends one more request. */
  async ask(): Promise<{ readonly status?: number; readonly proxy?: string; readonly ended?: string }> {
    this.#program.process.stdin?.write('\n')
    return JSON.parse(await this.#program.nextLine())
  }

  stop(): Promise<void> {
    return this.#program.stop()
  }
}

/** Of its `eth0`. */
export function macOf(namespace: Namespace): string {
  return /link\/ether (\S+)/.exec(namespace.ip('link', 'show', 'dev', 'eth0'))![1]!
}
