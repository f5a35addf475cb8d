import type { ForwarderMessage } from './messages.ts'

interface Reset {
  /** Forwarders that have not reported yet. */
  readonly waiting: Set<number>
  readonly done: () => void
}

/** Has all forwarders reset the connections of virtual IPs that leave this node, and says when the last one has. */
export class Resets {
  readonly #post: (index: number, message: ForwarderMessage) => boolean
  /** By their number. Each ends with its forwarders, whom the watchdog ends when they stand still. */
  readonly #underWay = new Map<number, Reset>()
  #orders = 0

  /** `post`: false where that forwarder does not run, so that it has no connections. */
  constructor(post: (index: number, message: ForwarderMessage) => boolean) {
    this.#post = post
  }

  begin(addresses: readonly string[], forwarders: number, done: () => void): void {
    const order = ++this.#orders
    const all = Array.from({ length: forwarders }, (_, index) => index)
    const waiting = new Set(all.filter((index) => this.#post(index, { type: 'cut', addresses, order })))
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
    const reset = this.#underWay.get(order)
    if (reset === undefined || reset.waiting.size > 0) return
    this.#underWay.delete(order)
    reset.done()
  }
}
