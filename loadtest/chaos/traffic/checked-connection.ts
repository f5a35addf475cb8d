import { connect, type Socket } from 'node:net'
import { monotonicMs } from '../../../runtime/lab/traffic.ts'
import type { Ends } from '../../group/kept-connection.ts'
import { differenceIn } from './body.ts'

/** How a connection ended that was not to end. */
export interface Ending {
  /** The error of the kernel, `closed`, `silent` where it had to be given up, or `wrong` with what was wrong. */
  readonly failure: string
  /** Of its last byte, and of the moment when it was told, or given up; by CLOCK_MONOTONIC. */
  readonly aliveMs: number
  readonly toldMs: number
}

let lastId = 0
const nextId = (): number => ++lastId

/** A connection to `server.ts` whose every byte is looked at: an answer must be that of the question, a download its own bytes, all from one node. */
export class CheckedConnection {
  /** Who answered first; empty until then. */
  node = ''
  readonly beganMs = monotonicMs()
  /** Set once it has ended. */
  ending: Ending | undefined
  /** Resolves when it has ended, for whatever reason but `hangUp`. */
  readonly ended: Promise<Ending>
  readonly #end = Promise.withResolvers<Ending>()
  readonly #socket: Socket
  #aliveMs = this.beganMs
  #bytes: Buffer = Buffer.alloc(0)
  /** The questions that have no answer yet, the oldest first. */
  readonly #asked: { readonly expected: string; readonly answered: () => void }[] = []
  #download: { readonly id: number; readonly length: number; got: number } | undefined
  /** Who waits for a sign of life. */
  readonly #waiting = new Set<() => void>()

  constructor({ host, port, address }: Ends) {
    this.ended = this.#end.promise
    this.#socket = connect({ host, port, localAddress: address, noDelay: true })
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(error.code ?? error.message))
    this.#socket.on('close', () => this.#fail('closed'))
    this.#socket.on('data', (data) => this.#take(data))
  }

  /** Resolves when the answer is there or it has ended; after that time it has. */
  ask(withinMs: number): Promise<void> {
    return this.#within(withinMs, (answered) => {
      const id = nextId()
      this.#asked.push({ expected: `${id}`, answered })
      this.#socket.write(`ask ${id}\n`)
    })
  }

  /** Whether a download is under way. */
  get isLoading(): boolean {
    return this.#download !== undefined
  }

  /** Begins a download; resolves with its head, or when it has ended. `everyMs`: between its kilobytes. */
  load(length: number, everyMs: number, withinMs: number): Promise<void> {
    return this.#within(withinMs, (answered) => {
      const id = nextId()
      this.#download = { id, length, got: 0 }
      this.#asked.push({ expected: `${id} ${length}`, answered })
      this.#socket.write(`load ${id} ${length} ${everyMs}\n`)
    })
  }

  /** Resolves with the next byte of the download, or when it has ended; after that time it has. */
  goesOn(withinMs: number): Promise<void> {
    return this.#within(withinMs, (heard) => this.#waiting.add(heard))
  }

  /** In order, and untold. */
  hangUp(): void {
    this.ending ??= { failure: '', aliveMs: this.#aliveMs, toldMs: monotonicMs() }
    this.#socket.end()
    this.#settle()
  }

  #within(withinMs: number, begin: (done: () => void) => void): Promise<void> {
    if (this.ending !== undefined) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(() => this.#fail('silent'), withinMs)
    begin(() => {
      clearTimeout(timer)
      resolve()
    })
    return promise
  }

  #take(data: Buffer): void {
    this.#aliveMs = monotonicMs()
    this.#bytes = this.#bytes.length === 0 ? data : Buffer.concat([this.#bytes, data])
    while (this.ending === undefined && (this.#asked.length === 0 ? this.#takeBody() : this.#takeAnswer()));
    for (const heard of this.#waiting) heard()
    this.#waiting.clear()
  }

  /** Whether there may be more to be taken. */
  #takeAnswer(): boolean {
    const end = this.#bytes.indexOf(10)
    if (end < 0) return false
    const line = this.#bytes.subarray(0, end).toString('latin1')
    this.#bytes = this.#bytes.subarray(end + 1)
    const { expected, answered } = this.#asked.shift()!
    const [node = '', ...said] = line.split(' ')
    if (said.join(' ') !== expected) this.#fail(`wrong: "${line}" instead of "... ${expected}"`)
    else if (this.node !== '' && node !== this.node) this.#fail(`wrong: ${node} answers in the place of ${this.node}`)
    this.node ||= node
    answered()
    return true
  }

  #takeBody(): boolean {
    const download = this.#download
    const bytes = this.#bytes
    this.#bytes = Buffer.alloc(0)
    if (download === undefined) {
      if (bytes.length > 0) this.#fail(`wrong: ${bytes.length} bytes that nobody asked for`)
      return false
    }
    const difference = differenceIn(download.id, download.got, bytes)
    download.got += bytes.length
    if (difference !== undefined) this.#fail(`wrong: byte ${difference} of download ${download.id}`)
    else if (download.got > download.length)
      this.#fail(`wrong: ${download.got} bytes of a download of ${download.length}`)
    else if (download.got === download.length) this.#download = undefined
    return false
  }

  #fail(failure: string): void {
    if (this.ending === undefined) {
      this.ending = { failure, aliveMs: this.#aliveMs, toldMs: monotonicMs() }
      this.#end.resolve(this.ending)
      this.#socket.destroy()
    }
    this.#settle()
  }

  #settle(): void {
    for (const { answered } of this.#asked.splice(0)) answered()
    for (const heard of this.#waiting) heard()
    this.#waiting.clear()
  }
}
