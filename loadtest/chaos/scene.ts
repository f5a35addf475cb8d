/** The group that faults befall, and the hands that lay them. Everything happens in the namespaces of a sandbox. */
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { promisify } from 'node:util'
import type { NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import { socketOf } from '../../runtime/lab/testbed/gateway.ts'
import { askGateway } from '../../runtime/lab/testbed/gateway-status.ts'
import { sandboxDirectory } from '../../runtime/lab/testbed/sandbox.ts'
import { macOf, type Topology } from '../../runtime/lab/testbed/topology.ts'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import { group, topology as groupTopology, type Mode } from '../group/network.ts'
import { Stage } from '../group/stage.ts'
import type { Exit } from './observations.ts'

/** Somebody else on the subnet. */
export const strangerHost = 'stranger'
const strangerIp = '10.40.0.66'

export const topology: Topology = {
  ...groupTopology,
  hosts: { ...groupTopology.hosts, [strangerHost]: [strangerIp] },
}

/** Half the ordinary interval: rounds are shorter, and a busy machine keeps it. */
const settings = 'vrrp: { version: 3, advertInterval: 500ms }'

/** Small enough to be filled in no time. */
const STATE_OPTIONS = 'size=512k,mode=0700'
const HOOK_PATIENCE_MS = 5000
/** Longer than a round waits for anything. */
const ORDER_PATIENCE_MS = 120_000
const LOG_LINES = 120

const execute = promisify(execFile)

/** The bridge's port of a host, in our own namespace. */
export const portOf = (host: string): string => `to-${host}`

/** Where a gateway keeps what outlives it. */
export const stateFolderOf = (host: string): string => `${sandboxDirectory}/state-${host}`

/** Runs a command on a host, or without one in our own namespace, to its end; its stdout. @throws Error with what it said where it fails */
export async function run(
  host: string | undefined,
  command: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const [program, words] =
    host === undefined ? [command, args] : ['nsenter', [`--net=/run/netns/${host}`, '--', command, ...args]]
  const running = execute(program, words, { maxBuffer: 64 * 1024 * 1024 })
  if (input !== undefined) running.child.stdin?.end(input)
  return (await running).stdout
}

/** The group, and who changes it. */
export class Scene {
  readonly mode: Mode
  readonly stage: Stage
  readonly nodes: readonly NodePlan[] = group
  /** Gateways that ended by themselves. */
  readonly exits: Exit[] = []
  /** Of every MAC that one of the nodes has or had. */
  readonly hostOfMac = new Map<string, string>()
  readonly #ending = new Set<string>()

  constructor(mode: Mode) {
    this.mode = mode
    this.stage = new Stage(mode, {
      settings,
      server: new URL('./traffic/server.ts', import.meta.url),
      environmentOf: (host) => ({ PROXYHA_TEST_HOOKS: '1', STATE_DIRECTORY: stateFolderOf(host) }),
      onEnd: (host, code) => {
        if (!this.#ending.delete(host)) this.exits.push({ host, code, atMs: monotonicMs() })
      },
    })
  }

  /** Until the first node leads all. */
  async open(): Promise<void> {
    for (const { host } of this.nodes) {
      mkdirSync(stateFolderOf(host))
      await run(undefined, 'mount', ['-t', 'tmpfs', '-o', STATE_OPTIONS, 'tmpfs', stateFolderOf(host)])
      this.hostOfMac.set(macOf(host), host)
    }
    // What a segment waits for after a gap is to be the gap's own length, not twice that.
    for (const host of Object.keys(topology.hosts)) await this.setParameter(host, 'ipv4/tcp_rto_max_ms', '2000')
    await this.stage.open()
  }

  async close(): Promise<void> {
    for (const { host } of this.nodes) this.#ending.add(host)
    await this.stage.close()
  }

  node(index: number): NodePlan {
    return this.nodes[index]!
  }

  /** Ends a gateway that is meant to end, where it runs. */
  async stop(node: NodePlan, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.isRunning(node)) return
    this.#ending.add(node.host)
    await this.stage.stop(node, signal)
  }

  /** Starts one that does not run. */
  start(node: NodePlan): void {
    if (!this.isRunning(node)) this.stage.start(node)
  }

  isRunning(node: NodePlan): boolean {
    try {
      return this.stage.gatewayOf(node).running
    } catch {
      return false
    }
  }

  /** `GET path` of a gateway; null where it does not answer. */
  async get<Answer>(
    { host }: Pick<NodePlan, 'host'>,
    path: string,
    withinMs = HOOK_PATIENCE_MS,
  ): Promise<Answer | null> {
    const answer = await askGateway(socketOf(host), path, withinMs)
    return answer?.statusCode === 200 ? (JSON.parse(answer.text) as Answer) : null
  }

  /** An order to a gateway, to where it is carried out. @throws Error where it is refused */
  async post({ host }: Pick<NodePlan, 'host'>, path: string): Promise<void> {
    const answer = await askGateway(socketOf(host), path, ORDER_PATIENCE_MS, 'POST')
    if (answer?.statusCode !== 200)
      throw new Error(`${path} on ${host} was answered by ${answer?.statusCode ?? 'nobody'}`)
  }

  /** Rules of our own for what the bridge carries, under a name by which they are lifted again. */
  async filter(name: string, ...rules: readonly string[]): Promise<void> {
    const chain = [
      `table bridge ${name} {`,
      'chain forward {',
      'type filter hook forward priority 0',
      ...rules,
      '}',
      '}',
    ]
    await run(undefined, 'nft', ['-f', '-'], `${chain.join('\n')}\n`)
  }

  async lift(name: string, family = 'bridge'): Promise<void> {
    await run(undefined, 'nft', ['delete', 'table', family, name])
  }

  async setParameter(host: string, parameter: string, value: string): Promise<void> {
    await run(host, 'tee', [`/proc/sys/net/${parameter}`], value)
  }

  /** What gateways and servers said last. */
  lastLines(): readonly string[] {
    return this.stage.lastNotes(LOG_LINES)
  }
}
