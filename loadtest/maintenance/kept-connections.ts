/**
 * kept-connections.ts HOST PORT IDLE ADDRESS...: from each local address a download that never ends and so many idle connections, which are
 * asked for a line now and then. What is cut is told at once, and opened again a second later. Says when all are open; and, asked by a
 * message, uses every connection once and says how many are.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Ends, KeptConnection } from '../group/kept-connection.ts'

/** A kept connection that has ended. Times are of CLOCK_MONOTONIC. */
export interface Cut {
  readonly kind: 'download' | 'idle'
  readonly node: string
  readonly failure: string
  /** The last sign that it, or a download of the same client, was alive. */
  readonly aliveMs: number
  /** When the client was told, or gave it up. */
  readonly toldMs: number
}

/** What the client of kept connections says: that all are open, that one has ended, and how many are open when it is asked. */
export type KeptReport = { readonly type: 'open'; readonly open: number } | ({ readonly type: 'cut' } & Cut)

const DRIP_MS = 100
/** And up to half as much again, so that not all are asked at once. */
const ASK_EVERY_MS = 4000
const OPEN_AGAIN_MS = 1000

/** What one client keeps open. */
class Client {
  readonly #ends: Ends
  #download: KeptConnection | undefined
  readonly #open = new Set<KeptConnection>()

  constructor(ends: Ends) {
    this.#ends = ends
  }

  get open(): number {
    return this.#open.size
  }

  /** Until they are open; from then on they are opened again. */
  async keep(kind: KeptConnection['kind']): Promise<void> {
    const connection = new KeptConnection(kind, this.#ends, DRIP_MS)
    if (kind === 'download') this.#download = connection
    await connection.ask()
    if (connection.failure === undefined) {
      this.#open.add(connection)
      void this.#guard(connection)
      return
    }
    await pause(OPEN_AGAIN_MS)
    await this.keep(kind)
  }

  useAll(): Promise<unknown> {
    return Promise.all([...this.#open].map((connection) => connection.ask()))
  }

  async #guard(connection: KeptConnection): Promise<void> {
    // The download that was open when the connection was last alive: what ends both for the same reason ends the download's bytes.
    let beside = this.#download
    const asking = setInterval(
      async () => {
        await connection.ask()
        if (connection.failure === undefined) beside = this.#download
      },
      ASK_EVERY_MS * (1 + Math.random() / 2),
    )
    await connection.ended
    clearInterval(asking)
    this.#open.delete(connection)
    const { kind, node, failure = '', lastHeardMs, endedMs: toldMs } = connection
    say({ type: 'cut', kind, node, failure, aliveMs: Math.max(lastHeardMs, beside?.lastHeardMs ?? 0), toldMs })
    await pause(OPEN_AGAIN_MS)
    await this.keep(kind)
  }
}

const say = (report: KeptReport) => process.send?.(report)
const [host = '', port = '', idle = '', ...addresses] = process.argv.slice(2)
const clients = addresses.map((address) => new Client({ host, port: Number(port), address }))
const kinds = ['download', ...Array.from({ length: Number(idle) }, () => 'idle' as const)] as const

await Promise.all(clients.flatMap((client) => kinds.map((kind) => client.keep(kind))))
sayOpen()
process.on('message', async () => {
  await Promise.all(clients.map((client) => client.useAll()))
  sayOpen()
})

function sayOpen(): void {
  say({ type: 'open', open: clients.reduce((sum, client) => sum + client.open, 0) })
}
