import type { ForwarderMessage } from './messages.ts'

interface Order {
  /** Forwarders that have not reported yet. */
  readonly waiting: Set<number>
  readonly done: () => void
}

/** What all forwarders are told to do, and when the last of them has. */
export class Orders {
  readonly #post: (index: number, message: ForwarderMessage) => boolean
  readonly #forwarders: number
  /** By their number. Each ends with its forwarders, whom the watchdog ends when they stand still. */
  readonly #underWay = new Map<number, Order>()
  #orders = 0

  /** `post`: false where that forwarder does not run: it has no connections, and begins by what is true then. */
  constructor(forwarders: number, post: (index: number, message: ForwarderMessage) => boolean) {
    this.#forwarders = forwarders
    this.#post = post
  }

  begin(message: (order: number) => ForwarderMessage, done: () => void): void {
    const order = ++this.#orders
    const all = Array.from({ length: this.#forwarders }, (_, index) => index)
    const waiting = new Set(all.filter((index) => this.#post(index, message(order))))
    this.#underWay.set(order, { waiting, done })
    this.#finish(order)
  }

  reported(index: number, order: number): void {
    this.#underWay.get(order)?.waiting.delete(index)
    this.#finish(order)
  }

  /** That forwarder has ended, and its connections with it. */
  gone(index: number): void {
    for (const order of [...this.#underWay.keys()]) this.reported(index, order)
  }

  #finish(order: number): void {
    const known = this.#underWay.get(order)
    if (known === undefined || known.waiting.size > 0) return
    this.#underWay.delete(order)
    known.done()
  }
}
