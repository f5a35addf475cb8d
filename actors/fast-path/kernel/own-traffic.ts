import type { Nft, NftCounter } from '../../../runtime/ports/nft/nft.ts'
import type { Traffic } from '../../../runtime/wire/beacon/traffic.ts'
import { ANSWERED, RECEIVED, REFUSED, SENT } from '../ruleset/forwarding-names.ts'
import { FORWARDING } from '../ruleset/forwarding-table.ts'
import { HOST } from '../ruleset/host-table.ts'

/** What a frame has before its IP header, which is counted of what leaves, and not of what comes. */
const ETHERNET_BYTES = 14

/**
 * What clients had of this node, whoever led: as its kernel has counted. The counters outlive the process, and begin anew with a table that is
 * made anew: so they are looked at before, and summed here.
 */
export class OwnTraffic {
  readonly #nft: Nft
  /** As the kernel said last, by counter and figure. */
  readonly #last = new Map<string, number>()
  readonly #sums = new Map<string, number>()

  constructor(nft: Nft) {
    this.#nft = nft
  }

  /** Null as long as there are no counters to look at. */
  read(): Traffic | null {
    const received = this.#counter(FORWARDING, RECEIVED)
    const sent = this.#counter(FORWARDING, SENT)
    const answered = this.#counter(FORWARDING, ANSWERED)
    const refused = this.#counter(HOST, REFUSED)
    if (received === null || sent === null || answered === null) return null
    return {
      connections: answered.packets,
      failed: refused?.packets ?? 0,
      bytesIn: received.bytes,
      bytesOut: sent.bytes - ETHERNET_BYTES * sent.packets,
    }
  }

  #counter({ family, name }: typeof FORWARDING | typeof HOST, counter: string): NftCounter | null {
    const now = this.#nft.counter(family, name, counter)
    const { packets, bytes } = now.ok ? now.value : { packets: null, bytes: null }
    const sums = { packets: this.#sum(`${counter} packets`, packets), bytes: this.#sum(`${counter} bytes`, bytes) }
    return sums.packets === null || sums.bytes === null ? null : { packets: sums.packets, bytes: sums.bytes }
  }

  /** `now`: null where there is no such counter now. */
  #sum(figure: string, now: number | null): number | null {
    const sum = this.#sums.get(figure) ?? null
    if (now === null) return sum
    const before = this.#last.get(figure) ?? 0
    this.#last.set(figure, now)
    const total = (sum ?? 0) + (now >= before ? now - before : now)
    this.#sums.set(figure, total)
    return total
  }
}
