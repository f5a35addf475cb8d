import type { Clock } from '../../../runtime/ports/host/clock.ts'
import type { ClientRoute } from '../../dispatcher/messages.ts'

/** The clients as they were listed last: who has most of the connections is looked for now and then, as a listing costs. */
export class KnownClients {
  readonly #list: () => Promise<readonly ClientRoute[]>
  readonly #clock: Clock
  #listed: readonly ClientRoute[] = []
  #listedAtMs: number

  /** There are none to begin with, as in a listing of `firstAgeMs` ago. */
  constructor(list: () => Promise<readonly ClientRoute[]>, clock: Clock, firstAgeMs: number) {
    this.#list = list
    this.#clock = clock
    this.#listedAtMs = clock.nowMs() - firstAgeMs
  }

  get listed(): readonly ClientRoute[] {
    return this.#listed
  }

  /** Lists them anew unless the last listing is younger. Where that fails, it stays as it was: it is a warning already. */
  async refresh(maxAgeMs: number): Promise<void> {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#listedAtMs < maxAgeMs) return
    this.#listedAtMs = nowMs
    this.#listed = await this.#list().catch(() => this.#listed)
  }
}
