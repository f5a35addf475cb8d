import { type HostProcess, startProgram } from '../../runtime/lab/testbed/processes.ts'
import { clientHost, originalPort, virtualIp } from '../group/network.ts'
import type { Stage } from '../group/stage.ts'
import type { Cut, KeptReport } from './kept-connections.ts'

/** A client whose connections end all the time is not to fill the memory. */
const cutsMax = 100_000

/** Clients that keep connections open. */
export class KeptClients {
  readonly cuts: Cut[] = []
  readonly #client: HostProcess
  #open = Promise.withResolvers<number>()

  /** From each address a download and so many idle connections. */
  constructor(stage: Stage, idle: number, addresses: readonly string[]) {
    const program = new URL('./kept-connections.ts', import.meta.url)
    const args = [virtualIp, `${originalPort}`, `${idle}`, ...addresses]
    this.#client = startProgram(clientHost, program, args, {
      onMessage: (report: KeptReport) => {
        if (report.type === 'open') this.#open.resolve(report.open)
        else if (this.cuts.length < cutsMax) this.cuts.push(report)
      },
      onLine: (line) => stage.note(`kept connections: ${line}`),
    })
    void this.#client.ended.then((code) =>
      this.#open.reject(new Error(`the client of kept connections ended with ${code}`)),
    )
  }

  /** Resolves with how many there are when all are open for the first time. */
  opened(): Promise<number> {
    return this.#open.promise
  }

  /** Uses every connection once; how many are open. What was not told of any is cut now. */
  use(): Promise<number> {
    this.#open = Promise.withResolvers()
    this.#client.send({})
    return this.#open.promise
  }

  async stop(): Promise<void> {
    this.#open.promise.catch(() => {})
    await this.#client.end()
  }
}
