import { connect, type Socket } from 'node:net'
import { monotonicMs } from '../../runtime/lab/traffic.ts'

const ANSWER_MS = 8000

/** Where a connection goes, and from which local address. */
export interface Ends {
  readonly host: string
  readonly port: number
  readonly address: string
}

/** A connection to `server.ts` that is meant to stay: a download that never ends, or one that is idle but when it is asked. */
export class KeptConnection {
  readonly kind: 'download' | 'idle'
  /** Who answered; empty until then. */
  node = ''
  failure: string | undefined
  /** Of its last byte, by CLOCK_MONOTONIC; and of the moment when it was told, or given up. */
  lastHeardMs = 0
  endedMs = 0
  /** Resolves when it has failed. */
  readonly ended: Promise<void>
  readonly #socket: Socket
  readonly #dripMs: number
  #isEnded = () => {}
  /** Whoever asked and waits. */
  readonly #asking = new Set<() => void>()

  /** `dripMs`: between two kilobytes of a download. */
  constructor(kind: 'download' | 'idle', { host, port, address }: Ends, dripMs: number) {
    this.kind = kind
    this.#dripMs = dripMs
    this.ended = new Promise((resolve) => {
      this.#isEnded = resolve
    })
    this.#socket = connect({ host, port, localAddress: address, noDelay: true })
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(error.code ?? error.message))
    this.#socket.on('close', () => this.#fail('closed'))
    this.#socket.on('data', (data) => {
      if (this.node === '') this.node = data.toString().split('\n')[0] ?? ''
      this.lastHeardMs = monotonicMs()
      this.#heard()
    })
  }

  /** An idle connection is used once, a download begun or waited for; resolves when something was heard, or it has failed. */
  ask(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(() => this.#fail('silent'), ANSWER_MS)
    this.#asking.add(() => {
      clearTimeout(timer)
      resolve()
    })
    if (this.failure !== undefined) this.#heard()
    else if (this.kind === 'idle') this.#socket.write('hello\n')
    else if (this.node === '') this.#socket.write(`drip ${this.#dripMs}\n`)
    return promise
  }

  #heard(): void {
    for (const answer of this.#asking) answer()
    this.#asking.clear()
  }

  #fail(failure: string): void {
    if (this.failure === undefined) {
      this.failure = failure
      this.endedMs = monotonicMs()
      this.#socket.destroy()
      this.#isEnded()
    }
    this.#heard()
  }
}
