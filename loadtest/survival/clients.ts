import { type HostProcess, startProgram } from '../../runtime/lab/testbed/processes.ts'
import { clientHost, originalPort, sources, virtualIp } from '../group/network.ts'
import { NewClients } from '../group/new-clients.ts'
import type { Tally } from '../group/new-connections.ts'
import type { Stage } from '../group/stage.ts'
import type { Survival } from './connections.ts'

/** From each source so many downloads, and as many idle connections. */
const connectionsOfEach = 2
/** And a new connection as often. */
const newEveryMs = 500

/** Clients of the group of a stage: with connections that are open, and with new ones. */
export class Clients {
  readonly #stage: Stage
  readonly #fresh: NewClients
  #kept: HostProcess | undefined
  #report = Promise.withResolvers<Survival>()
  #period = 0

  constructor(stage: Stage) {
    this.#stage = stage
    this.#fresh = new NewClients(stage, newEveryMs, sources)
  }

  /** Opens all that are kept anew. */
  async open(): Promise<Survival> {
    await this.hangUp()
    const addresses = Array.from({ length: connectionsOfEach }, () => sources).flat()
    this.#report = Promise.withResolvers()
    const program = new URL('./connections.ts', import.meta.url)
    const args = [virtualIp, `${originalPort}`, ...addresses]
    this.#kept = startProgram(clientHost, program, args, { onLine: (line) => this.#clientSaid(line) })
    return this.#report.promise
  }

  /** Uses every idle connection once, and waits until every download went on. */
  check(): Promise<Survival> {
    this.#report = Promise.withResolvers()
    this.#kept?.send({})
    return this.#report.promise
  }

  /** From now on every source opens new connections, too, until `endNew`. */
  beginNew(): void {
    this.#fresh.begin(++this.#period)
  }

  /** What became of them. */
  endNew(): Promise<Tally> {
    this.#fresh.begin(null)
    return this.#fresh.tallyOf(this.#period)
  }

  async hangUp(): Promise<void> {
    await this.#kept?.end()
    this.#kept = undefined
  }

  async close(): Promise<void> {
    await this.hangUp()
    await this.#fresh.stop()
  }

  #clientSaid(line: string): void {
    if (line.startsWith('{')) this.#report.resolve(JSON.parse(line) as Survival)
    else this.#stage.note(`client: ${line}`)
  }
}
