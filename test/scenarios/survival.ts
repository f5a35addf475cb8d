import type { Survival } from '../../loadtest/survival/connections.ts'
import { parseClientKey, slotOfKey } from '../../runtime/table/client-key.ts'
import type { RunningProgram } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, type Group, until, VIP } from './group.ts'

const SERVER = new URL('../../loadtest/group/server.ts', import.meta.url)
const DOWNLOADS = new URL('./fixtures/downloads.ts', import.meta.url)
const CLIENT = new URL('../../loadtest/survival/connections.ts', import.meta.url)
const PROXY_PORT = 3128

/** Starts a server on each node in the place of a proxy: one that says its name, and sends without end. */
export function startNamedServers(group: Group): void {
  for (const node of group.nodes) node.proxy = node.namespace.startScript(SERVER, node.name, `${PROXY_PORT}`)
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
 * began that takes up to five seconds, and nobody can say it for a gateway that stands still.
 */
export function pinnedAreTold(node: GatewayNode): Promise<void> {
  const marksOf = async (map: string) =>
    [...(await listing(node, 'map', map)).matchAll(/([\da-fx.]+)(?: timeout \S+ expires \S+)? : (0x[\da-f]+)/g)].map(
      ([, key, mark]) => [key!, Number(mark) & 0xff] as const,
    )
  let untold: readonly string[] = []
  return until(
    async () => {
      const [pins, slots, staying] = await Promise.all(['pins4', 'slots', 'staying4'].map(marksOf))
      const owners = new Map(slots!.map(([slot, mark]) => [Number(slot), mark]))
      const told = new Set(staying!.map(([client]) => client))
      const elsewhere = pins!.filter(
        ([client, mark]) => owners.get(slotOfKey(...parseClientKey(client)!)) !== mark && CLIENTS.includes(client),
      )
      untold = elsewhere.flatMap(([client]) => (told.has(client) ? [] : [client]))
      return untold.length === 0
    },
    20_000,
    () => `all nodes to say that their clients stay; ${untold} are not told`,
  )
}

/** An error says what is lost, and what the gateways said last. */
function refuseLosses({ nodes }: Group, { lost, nodes: connections }: Survival): void {
  if (lost.length === 0) return
  const losses = Object.groupBy(lost, ({ kind, node, failure }) => `${kind} of ${node}: ${failure}`)
  const story = nodes.flatMap(({ namespace }) => namespace.recent.flatMap(lineOfLog)).toSorted()
  throw new Error(
    [
      `lost of ${JSON.stringify(connections)}: ${Object.entries(losses).map(([what, each]) => `${each!.length} ${what}`)}`,
      ...story.slice(-80),
    ].join('\n'),
  )
}

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
