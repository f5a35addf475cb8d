/** One change of an address on an interface, as `ip -ts -o monitor address` prints it. */
export interface AddressChange {
  readonly atMs: number
  readonly address: string
  readonly there: boolean
}

/** From when until when a node's kernel had the virtual address; `untilMs` is infinite while it does. */
export interface Holding {
  readonly node: number
  readonly fromMs: number
  readonly untilMs: number
}

const LINE = /^\[(\S+)\] (Deleted )?\d+: \S+\s+inet ([\d.]+)\//

/** Undefined for lines about something else. The calendar's time, as the monitor read it. */
export function parseAddressChange(line: string): AddressChange | undefined {
  const [, at, deleted, address] = LINE.exec(line) ?? []
  if (at === undefined || address === undefined) return undefined
  const [whole = '', microseconds = '0'] = at.split('.')
  return { atMs: Date.parse(whole) + Number(microseconds) / 1000, address, there: deleted === undefined }
}

/** Who held the virtual address when, by the kernels' own word. */
export class HoldingTimes {
  readonly #holdings: Holding[] = []

  /** The kernel of a node tells of it; a renewal says no more than that it is there. */
  note(node: number, { atMs, there }: AddressChange): void {
    const at = this.#holdings.findIndex(
      (holding) => holding.node === node && holding.untilMs === Number.POSITIVE_INFINITY,
    )
    if (there && at < 0) this.#holdings.push({ node, fromMs: atMs, untilMs: Number.POSITIVE_INFINITY })
    if (!there && at >= 0) this.#holdings[at] = { ...this.#holdings[at]!, untilMs: atMs }
  }

  /** Nodes that hold it at present. */
  holders(): number[] {
    return this.#holdings.filter(({ untilMs }) => untilMs === Number.POSITIVE_INFINITY).map(({ node }) => node)
  }

  /** For how long between the two moments more than one of those nodes held it, ms in all. */
  sharedMs(nodes: readonly number[], fromMs: number, untilMs: number): number {
    const spans = this.#within(nodes, fromMs, untilMs)
    const edges = [...new Set(spans.flatMap((span) => [span.fromMs, span.untilMs]))].sort((a, b) => a - b)
    let sharedMs = 0
    for (const [index, edge] of edges.entries()) {
      const next = edges[index + 1]
      if (next === undefined) break
      const holders = spans.filter((span) => span.fromMs <= edge && span.untilMs >= next)
      if (new Set(holders.map(({ node }) => node)).size > 1) sharedMs += next - edge
    }
    return sharedMs
  }

  #within(nodes: readonly number[], fromMs: number, untilMs: number): Holding[] {
    return this.#holdings
      .filter((holding) => nodes.includes(holding.node) && holding.fromMs < untilMs && holding.untilMs > fromMs)
      .map((holding) => ({
        ...holding,
        fromMs: Math.max(fromMs, holding.fromMs),
        untilMs: Math.min(untilMs, holding.untilMs),
      }))
  }
}
