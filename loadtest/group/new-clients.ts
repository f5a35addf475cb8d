import { type HostProcess, startProgram } from '../../runtime/lab/testbed/processes.ts'
import { clientHost, originalPort, virtualIp } from './network.ts'
import type { Order, Tally } from './new-connections.ts'
import type { Stage } from './stage.ts'

/** Clients that open new connections all the time. */
export class NewClients {
  readonly #client: HostProcess
  readonly #tallies = new Map<number, PromiseWithResolvers<Tally>>()
  #order: Order = { period: null, avoided: null }

  /** From each address a connection as often. They begin with the first period. */
  constructor(stage: Stage, everyMs: number, addresses: readonly string[]) {
    const program = new URL('./new-connections.ts', import.meta.url)
    const args = [virtualIp, `${originalPort}`, `${everyMs}`, ...addresses]
    this.#client = startProgram(clientHost, program, args, {
      onMessage: (tally: Tally) => this.#promised(tally.period).resolve(tally),
      onLine: (line) => stage.note(`new connections: ${line}`),
    })
    void this.#client.ended.then((code) => {
      for (const { reject } of this.#tallies.values())
        reject(new Error(`the client of new connections ended with ${code}`))
    })
  }

  /** What begins now is counted in another period; null ends it all. */
  begin(period: number | null): void {
    if (period !== null) this.#promised(period)
    this.#tell({ period, avoided: null })
  }

  /** No answer is wanted of that node any more in this period. */
  avoid(node: string): void {
    this.#tell({ ...this.#order, avoided: node })
  }

  /** Of a period that is over: all of its connections have ended, or were given up. @throws Error where the client did not live to tell */
  tallyOf(period: number): Promise<Tally> {
    return this.#promised(period).promise
  }

  async stop(): Promise<void> {
    await this.#client.end()
  }

  #tell(order: Order): void {
    this.#order = order
    this.#client.send(order)
  }

  #promised(period: number): PromiseWithResolvers<Tally> {
    const known = this.#tallies.get(period)
    if (known !== undefined) return known
    const promised = Promise.withResolvers<Tally>()
    // Whoever wants it may come after it was rejected.
    promised.promise.catch(() => {})
    this.#tallies.set(period, promised)
    return promised
  }
}
