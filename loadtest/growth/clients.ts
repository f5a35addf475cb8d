import { type HostProcess, startProgram } from '../../runtime/lab/testbed/processes.ts'
import { macOf } from '../../runtime/lab/testbed/topology.ts'
import { clientHost } from '../group/network.ts'
import type { Group } from './group.ts'
import { director, originalPortOf, virtualIpOf } from './network.ts'
import { heldByProcess } from './plan.ts'
import type { ClientAnswer, ClientOrder, OpenOrder, ProbeOrder } from './traffic/messages.ts'
import { mostFiles } from './usage.ts'

/** The virtual IP that clients of a group use. */
export const door = { host: virtualIpOf(0), port: originalPortOf(0) } as const

/** Hundreds of thousands of connections take their time; a takeover or a drain that takes so long has failed. */
const ANSWERS_WITHIN_MS: Readonly<Record<ClientOrder['type'], number>> = {
  open: 240_000,
  probe: 30_000,
  release: 30_000,
}
/** Probes come from as many clients, so that not all are of the node that died; nobody else uses their addresses. */
const PROBE_SOURCES = 400
const PROBE_FIRST = 3_500_000

/** The client's processes: as many as it takes for what they hold. */
export class Clients {
  readonly #processes: HostProcess[] = []
  readonly #waiting = new Map<HostProcess, (answer: ClientAnswer) => void>()
  readonly #note: (line: string) => void

  constructor(group: Group) {
    this.#note = group.note
    this.#start()
  }

  /** What became of them; the share of each process has sources of its own. @throws Error where more than one in a hundred failed */
  async open(order: Omit<OpenOrder, 'type'>): Promise<{ readonly answered: number; readonly tookMs: number }> {
    const shares = order.hold ? Math.ceil(order.count / heldByProcess(mostFiles())) : 1
    let [answered, tookMs] = [0, 0]
    for (let share = 0; share < shares; share++) {
      const client = this.#processes[share] ?? this.#start()
      const count = Math.floor(((share + 1) * order.count) / shares) - Math.floor((share * order.count) / shares)
      const said = await this.#ask(client, {
        ...order,
        type: 'open',
        count,
        first: order.first + share * order.sources,
      })
      if (said.type !== 'opened') throw new Error(`the client answers ${said.type}`)
      if (said.failed > count / 100) throw new Error(`${said.failed} of ${count} connections failed`)
      answered += said.answered
      tookMs += said.tookMs
    }
    return { answered, tookMs }
  }

  /** When the first of those that begin from now on is answered, by CLOCK_MONOTONIC, and which client's that is. */
  async probe(from: Partial<ProbeOrder> = {}): Promise<{ readonly answeredMs: number; readonly source: number }> {
    const order: ProbeOrder = {
      type: 'probe',
      ...door,
      first: PROBE_FIRST,
      sources: PROBE_SOURCES,
      by: null,
      notBy: null,
    }
    const said = await this.#ask(this.#processes[0]!, { ...order, ...from })
    if (said.type !== 'probed') throw new Error(`the client answers ${said.type}`)
    return said
  }

  /** Has the director's kernel remember so many clients, by segments alone. */
  async pin(count: number): Promise<void> {
    const args = [macOf(clientHost), macOf(director.host), door.host, `${door.port}`, `${count}`]
    const lines: string[] = []
    const program = new URL('./traffic/pins.ts', import.meta.url)
    await startProgram(clientHost, program, args, { onLine: (line) => lines.push(line) }).closed
    if (!lines.some((line) => line.startsWith('{'))) throw new Error(`no segments left: ${lines.join('\n')}`)
  }

  /** Ends what is held. */
  async release(): Promise<void> {
    for (const client of this.#processes) await this.#ask(client, { type: 'release' })
  }

  async close(): Promise<void> {
    for (const client of this.#processes) await client.end()
  }

  #start(): HostProcess {
    const client: HostProcess = startProgram(clientHost, new URL('./traffic/client.ts', import.meta.url), [], {
      onMessage: (answer: ClientAnswer) => this.#waiting.get(client)?.(answer),
      onLine: (line) => this.#note(`client: ${line}`),
    })
    this.#processes.push(client)
    return client
  }

  /** @throws Error where the client has ended, or does not answer */
  async #ask(client: HostProcess, order: ClientOrder): Promise<ClientAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<ClientAnswer>()
    this.#waiting.set(client, resolve)
    void client.ended.then((code) => reject(new Error(`the client ended with ${code}`)))
    const withinMs = ANSWERS_WITHIN_MS[order.type]
    const timer = setTimeout(() => reject(new Error(`${JSON.stringify(order)}: not within ${withinMs} ms`)), withinMs)
    client.send(order)
    return promise.finally(() => clearTimeout(timer))
  }
}
