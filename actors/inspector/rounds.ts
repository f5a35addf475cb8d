import type { CancelTimer, Clock } from '../../runtime/ports/host/clock.ts'
import type { Gathered, SliceGatherer } from './slices.ts'

const ROUND_MS = 1000

/** Asks all actors once a second, whoever looks, so that what began is known by when it did. A round that takes longer delays the next. */
export class Rounds {
  readonly #gatherer: SliceGatherer
  readonly #clock: Clock
  readonly #look: (gathered: Gathered, atMs: number) => void
  #cancel: CancelTimer = () => undefined
  #ended = false

  constructor(gatherer: SliceGatherer, clock: Clock, look: (gathered: Gathered, atMs: number) => void) {
    this.#gatherer = gatherer
    this.#clock = clock
    this.#look = look
  }

  begin(): void {
    if (this.#ended) return
    this.#cancel = this.#clock.setTimer(ROUND_MS, () => void this.#go().then(() => this.begin()))
  }

  end(): void {
    this.#ended = true
    this.#cancel()
  }

  async #go(): Promise<void> {
    const atMs = this.#clock.nowMs()
    const gathered = await this.#gatherer.gather()
    if (!this.#ended) this.#look(gathered, atMs)
  }
}
