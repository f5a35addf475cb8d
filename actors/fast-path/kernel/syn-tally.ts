import type { NodeTraffic } from './listing.ts'

/**
 * Connections that began at each node by this host, since this process started: the SYNs that the kernel has counted, one that was sent
 * again included. The kernel counts at an element of a map, and begins anew when that is written anew: so it is looked at before each change.
 */
export class SynTally {
  /** As the kernel said last, by mark. */
  readonly #last = new Map<number, number>()
  /** By address. */
  readonly #sums = new Map<string, number>()

  /** `addresses`: of the marks. What is of no node that is known is not counted. */
  note(counted: readonly NodeTraffic[], addresses: ReadonlyMap<number, string>): void {
    const now = new Map(counted.map(({ mark, packets }) => [mark, packets]))
    for (const [mark, packets] of now) {
      const before = this.#last.get(mark) ?? 0
      const address = addresses.get(mark)
      const more = packets >= before ? packets - before : packets
      if (address !== undefined) this.#sums.set(address, (this.#sums.get(address) ?? 0) + more)
    }
    this.#last.clear()
    for (const [mark, packets] of now) this.#last.set(mark, packets)
    const known = new Set(addresses.values())
    for (const address of this.#sums.keys()) if (!known.has(address)) this.#sums.delete(address)
  }

  of(address: string): number {
    return this.#sums.get(address) ?? 0
  }
}
