import type { Survival } from '../../loadtest/survival/connections.ts'
import { parseClientKey, slotOfKey } from '../../runtime/table/client-key.ts'
import type { RunningProgram } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, type Group, macOf, until, VIP } from './group.ts'
import { readMetrics } from './metrics.ts'

const SERVER = new URL('../../loadtest/group/server.ts', import.meta.url)
const DOWNLOADS = new URL('./fixtures/downloads.ts', import.meta.url)
const CLIENT = new URL('../../loadtest/survival/connections.ts', import.meta.url)
const NEWCOMERS = new URL('./fixtures/new-connections.ts', import.meta.url)
const FLOOD = new URL('../../loadtest/flood/syn-flood.ts', import.meta.url)
const PROXY_PORT = 3128
/** A second, for so long. */
export const SYN_FLOOD_RATE = 5000
const SYN_FLOOD_S = 5

/** Starts a server in the place of a node's proxy: one that says its name, and sends without end. */
export function startNamedServer(node: GatewayNode): void {
  node.proxy = node.namespace.startScript(SERVER, node.name, `${PROXY_PORT}`)
}

/** Such a server on each node. */
export function startNamedServers(group: Group): void {
  for (const node of group.nodes) startNamedServer(node)
}

/** A group with such servers: the first one leads, and all own slots. */
export async function startServing(group: Group, withinMs: number): Promise<void> {
  startNamedServers(group)
  for (const node of group.nodes) node.startGateway()
  await group.settled(0, group.nodes.length, withinMs)
}

/** SYNs from anywhere, by the origin to the first node; says at its end how many were `sent`. */
export function startSynFlood({ origin, nodes }: Group, originalPort: number): RunningProgram {
  const words = [macOf(origin), nodes[0]!.mac(), VIP, originalPort, SYN_FLOOD_RATE, SYN_FLOOD_S]
  return origin.startScript(FLOOD, ...words.map(String))
}

/** What that node's kernel has in a map or a set of the forwarding. */
export const listing = async ({ namespace }: GatewayNode, kind: 'map' | 'set', name: string): Promise<string> =>
  (await namespace.run('nft', ['list', kind, 'netdev', 'proxyha', name])).stdout

/**
 * The director's kernel hands slots to all nodes, which it does up to two seconds after its status says who owns them; and no other node speaks
 * for the virtual IP, as one does that has led until a moment ago.
 */
export function spreadByKernel({ nodes }: Group): Promise<void> {
  let owners = new Set<string>()
  return until(
    async () => {
      owners = new Set(
        [...(await listing(nodes[0]!, 'map', 'slots')).matchAll(/ : (0x[\da-f]+)/g)].map(([, mark]) => mark!),
      )
      const silent = await Promise.all(nodes.slice(1).map((node) => listing(node, 'set', 'silent4')))
      return owners.size === nodes.length && silent.every((text) => text.includes(VIP))
    },
    20_000,
    () => `node0 alone to speak, and slots of all nodes in its kernel: only of ${[...owners]}`,
  )
}

/**
 * The director's kernel knows from its own gateway which of its clients have to stay there, though their slots are others': from when they
 * began that takes up to five seconds, and nobody can say it for a gateway that stands still. So the others have heard it as well, also those
 * that have just started: it has been said since then.
 */
export async function pinnedAreTold(node: GatewayNode): Promise<void> {
  const marksOf = async (map: string) =>
    [...(await listing(node, 'map', map)).matchAll(/([\da-fx.]+)(?: timeout \S+ expires \S+)? : (0x[\da-f]+)/g)].map(
      ([, key, mark]) => [key!, Number(mark) & 0xff] as const,
    )
  let [elsewhere, untold]: (readonly string[])[] = []
  await until(
    async () => {
      const [pins, slots, staying] = await Promise.all(['pins4', 'slots', 'staying4'].map(marksOf))
      const owners = new Map(slots!.map(([slot, mark]) => [Number(slot), mark]))
      const told = new Set(staying!.map(([client]) => client))
      elsewhere = pins!.flatMap(([client, mark]) =>
        owners.get(slotOfKey(...parseClientKey(client)!)) !== mark && CLIENTS.includes(client) ? [client] : [],
      )
      untold = elsewhere.filter((client) => !told.has(client))
      return untold.length === 0
    },
    20_000,
    () => `all nodes to say that their clients stay; ${untold} are not told`,
  )
  if (elsewhere!.length === 0) return
  const saidTimes = async () =>
    (await readMetrics(node.socket))('proxyha_beacon_events_total', 'event').clientsSent ?? 0
  const before = await saidTimes()
  // The first of them may have been before: what is counted is told every two seconds.
  await until(async () => (await saidTimes()) >= before + 2, 20_000, `${node.name} to say twice more who stays there`)
}

/**
 * A director's kernel goes on handing what a dead node had to that node until its host has answered no ARP for seconds. Who asks then is told at
 * once; who has asked before is told with TCP's next try, which may be seconds later.
 */
export function knownAsDead(dead: GatewayNode, director: GatewayNode): Promise<void> {
  const isDead = async () => !(await listing(director, 'map', 'reachable')).includes(dead.mac())
  return until(isDead, 20_000, `${director.name} to know that the host of ${dead.name} is dead`)
}

/** An error says what is lost, and what the gateways said last. */
function refuseLosses(group: Group, { lost, nodes: connections }: Survival): void {
  if (lost.length === 0) return
  const losses = Object.groupBy(lost, ({ kind, node, failure }) => `${kind} of ${node}: ${failure}`)
  const each = Object.entries(losses).map(([what, those]) => `${those!.length} ${what}`)
  throw new Error([`lost of ${JSON.stringify(connections)}: ${each}`, ...story(group)].join('\n'))
}

/** What the gateways have logged last, by time. */
const story = ({ nodes }: Group): readonly string[] =>
  nodes
    .flatMap(({ namespace }) => namespace.recent.flatMap(lineOfLog))
    .toSorted()
    .slice(-80)

/** Its time first. */
function lineOfLog(text: string): readonly string[] {
  if (!text.startsWith('{')) return []
  const { time, name, actor, msg } = JSON.parse(text) as Partial<Record<'time' | 'name' | 'actor' | 'msg', string>>
  return time === undefined ? [] : [`${time.slice(11, 23)} ${name} ${actor}: ${msg}`]
}

/** From every client a download and an idle connection, all through the VIP. */
export class LongConnections {
  readonly #program: RunningProgram
  readonly #group: Group

  constructor(group: Group, originalPort: number, clients: readonly string[] = CLIENTS, vip = VIP) {
    this.#group = group
    this.#program = group.client.startScript(CLIENT, vip, `${originalPort}`, ...clients)
  }

  /** The first call resolves when all are open. */
  async next(): Promise<Survival> {
    return JSON.parse(await this.#program.nextLine()) as Survival
  }

  /** The same, and none was lost while they were opened. */
  async allOpen(): Promise<Survival> {
    const opened = await this.next()
    refuseLosses(this.#group, opened)
    return opened
  }

  /** Uses every idle connection once, and waits until every download went on. */
  check(): Promise<Survival> {
    this.#program.process.stdin?.write('\n')
    return this.next()
  }

  /** The same, and none was lost since the start. */
  async allLive(): Promise<Survival> {
    const checked = await this.check()
    refuseLosses(this.#group, checked)
    return checked
  }

  stop(): Promise<void> {
    return this.#program.stop()
  }
}

/** What `new-connections.ts` tells of those that were begun since it was asked last. */
interface Newcomers {
  readonly answered: number
  /** Each by when it began, its client, how it ended, and whether there had been a handshake. */
  readonly failed: readonly string[]
  readonly longestConnectMs: number
  /** SYNs that were sent again: each a second that somebody waited. */
  readonly sentAgain: number
}

/** New connections through the VIP, one after the other, from each client in turn. */
export class NewConnections {
  readonly #program: RunningProgram
  readonly #group: Group

  private constructor(program: RunningProgram, group: Group) {
    this.#program = program
    this.#group = group
  }

  /** Resolves when the first was answered. */
  static async start(group: Group, originalPort: number, everyMs: number, clients: readonly string[]) {
    const program = group.client.startScript(NEWCOMERS, VIP, `${originalPort}`, `${everyMs}`, ...clients)
    await program.nextLine()
    return new NewConnections(program, group)
  }

  /** When all that were begun have ended. */
  async sofar(): Promise<Newcomers> {
    this.#program.process.stdin?.write('\n')
    return JSON.parse(await this.#program.nextLine()) as Newcomers
  }

  /** The same, and none has failed. An error says which have, and what the gateways said last. */
  async allAnswered(): Promise<Newcomers> {
    const newcomers = await this.sofar()
    if (newcomers.failed.length > 0) throw new Error([...newcomers.failed, ...story(this.#group)].join('\n'))
    return newcomers
  }

  stop(): Promise<void> {
    return this.#program.stop()
  }
}

/** What became of downloads so far. */
interface DownloadReport {
  readonly nodes: Readonly<Record<string, number>>
  /** Came to their end in order. */
  readonly finished: number
  /** How each of the others ended that has. */
  readonly lost: readonly string[]
}

/** Slow downloads through the VIP that end when they are told to, one for each of `clients`. */
export class Downloads {
  readonly #program: RunningProgram

  constructor(group: Group, originalPort: number, clients: readonly string[]) {
    this.#program = group.client.startScript(DOWNLOADS, VIP, `${originalPort}`, ...clients)
  }

  /** The first call resolves when all are open. */
  async next(): Promise<DownloadReport> {
    return JSON.parse(await this.#program.nextLine()) as DownloadReport
  }

  /** Waits until each that is open went on. */
  check(): Promise<DownloadReport> {
    return this.#order('check')
  }

  /** Has so many come to their end. */
  finish(count: number): Promise<DownloadReport> {
    return this.#order(`finish ${count}`)
  }

  #order(line: string): Promise<DownloadReport> {
    this.#program.process.stdin?.write(`${line}\n`)
    return this.next()
  }
}
