import type { ServerResponse } from 'node:http'
import type { EventLog, NumberedEvent } from '../event-log.ts'
import { GATEWAY_HEADERS } from './gateway-header.ts'

/** Readers at a time. */
export const STREAMS_MAX = 16
/** Bytes that may wait for a reader. Who lets more pile up is dropped; the backlog is a quarter of it. */
const STREAM_BUFFER_BYTES = 1_048_576
/** Comments that keep proxies from ending a quiet stream, and find readers that are gone. */
const HEARTBEAT_MS = 15_000

/** What a reader asks for. */
export interface StreamWishes {
  /** Single messages, too. */
  readonly messages: boolean
  /** The id of the event that it had last; null: it begins. */
  readonly lastHad: string | null
  /** At most so many of those that were kept. */
  readonly last: number
}

interface StreamClock {
  setTimer(delayMs: number, fire: () => void): () => void
}

/** Server-sent events to several readers. Each gets what was kept, then what happens; where it goes on and has missed something, `event: gap` first. */
export class EventStreams {
  readonly #log: EventLog
  readonly #clock: StreamClock
  readonly #watch: (on: boolean) => void
  readonly #open = new Map<ServerResponse, { readonly messages: boolean; readonly end: () => void }>()
  dropped = 0

  /** `watch` is told whether any reader wants single messages. */
  constructor(log: EventLog, clock: StreamClock, watch: (on: boolean) => void) {
    this.#log = log
    this.#clock = clock
    this.#watch = watch
  }

  get count(): number {
    return this.#open.size
  }

  /** False when there are too many readers already; the response is then untouched. */
  open(response: ServerResponse, { messages, lastHad, last }: StreamWishes): boolean {
    if (this.#open.size >= STREAMS_MAX) return false
    response.writeHead(200, { ...GATEWAY_HEADERS, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const stopListening = this.#log.listen((event) => {
      if (messages || event.type !== 'message') this.#write(response, this.#frameOf(event))
    })
    let cancelHeartbeat = (): void => undefined
    const beat = (): void => {
      cancelHeartbeat = this.#clock.setTimer(HEARTBEAT_MS, beat)
      this.#write(response, ':\n\n')
    }
    this.#open.set(response, {
      messages,
      end: () => {
        stopListening()
        cancelHeartbeat()
      },
    })
    response.once('close', () => this.#close(response))
    response.flushHeaders()
    const { events, gap } = this.#log.since(lastHad, messages)
    if (gap !== null) this.#write(response, `event: gap\ndata: ${JSON.stringify({ reason: gap })}\n\n`)
    for (const event of events.slice(-last)) this.#write(response, this.#frameOf(event))
    beat()
    this.#tellWatched()
    return true
  }

  /** Ends all streams. */
  close(): void {
    for (const response of [...this.#open.keys()]) {
      this.#close(response)
      response.end()
    }
  }

  #write(response: ServerResponse, frame: string): void {
    if (!this.#open.has(response)) return
    response.write(frame)
    if (response.writableLength <= STREAM_BUFFER_BYTES) return
    this.dropped += 1
    this.#close(response)
    response.destroy()
  }

  #close(response: ServerResponse): void {
    this.#open.get(response)?.end()
    if (this.#open.delete(response)) this.#tellWatched()
  }

  #frameOf(event: NumberedEvent): string {
    return `id: ${this.#log.nameOf(event)}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
  }

  #tellWatched(): void {
    this.#watch([...this.#open.values()].some(({ messages }) => messages))
  }
}
