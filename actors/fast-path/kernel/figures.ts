import type { Nft } from '../../../runtime/ports/nft/nft.ts'
import type { NodeCounters } from '../messages.ts'
import type { FastPathState } from '../state.ts'
import { SynTally } from './syn-tally.ts'
import { readSyns, readTraffic } from './tables.ts'

/** What this host has sent to each node. */
export class Figures {
  readonly #nft: Nft
  readonly #state: () => FastPathState
  readonly #tally = new SynTally()

  constructor(nft: Nft, state: () => FastPathState) {
    this.#nft = nft
    this.#state = state
  }

  /** Before a change of the tables, which may begin to count anew: of what is summed here. */
  async note(): Promise<void> {
    this.#tally.note(await readSyns(this.#nft), this.#addresses())
  }

  async read(): Promise<readonly NodeCounters[]> {
    const { packets: sent, syns } = await readTraffic(this.#nft)
    const addresses = this.#addresses()
    this.#tally.note(syns, addresses)
    return Array.from(addresses, ([mark, address]) => {
      const own = sent.filter((traffic) => traffic.mark === mark)
      const sum = (figure: 'packets' | 'bytes') => own.reduce((total, traffic) => total + traffic[figure], 0)
      return { address, packets: sum('packets'), bytes: sum('bytes'), connections: this.#tally.of(address) }
    })
  }

  #addresses(): ReadonlyMap<number, string> {
    return new Map(this.#state().group?.nodes.map(({ mark, address }) => [mark, address]))
  }
}
