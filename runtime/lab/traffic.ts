/** One request of a client, finished or given up. Times are milliseconds of CLOCK_MONOTONIC, the same in every process. */
export interface RequestResult {
  /** Index into the clients' addresses. */
  readonly source: number
  /** Name of the node whose proxy served it; null when it failed. */
  readonly node: string | null
  readonly endedAtMs: number
}

/** What the client program sends, several times a second. */
export interface ClientReport {
  readonly results: readonly RequestResult[]
}

/** What the prober program sends: when each new connection was established, and how many were not. */
export interface ProberReport {
  readonly connectedAtMs: readonly number[]
  readonly failed: number
}

/** Milliseconds of CLOCK_MONOTONIC, comparable between the processes of one machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/**
 * Which proxy served a response: our embedded one says so itself, squid by the `Via` that RFC 9110 §7.6.3 asks for
 * (`1.1 jupiter (squid/5.7)`).
 */
export function servedBy(headers: Readonly<Record<string, string | readonly string[] | undefined>>): string | null {
  const own = headers['x-served-by']
  if (typeof own === 'string') return own
  const via = headers.via
  return (typeof via === 'string' && /^\S+ ([^\s,]+)/.exec(via)?.[1]) || null
}

/** What the clients saw since the window was opened. */
export class TrafficWindow {
  requests = 0
  failures = 0
  lastFailureAtMs: number | null = null
  readonly openedAtMs: number
  #nodesOfSource = new Map<number, Map<string, number>>()

  constructor(openedAtMs: number) {
    this.openedAtMs = openedAtMs
  }

  add({ source, node, endedAtMs }: RequestResult): void {
    // A request that was under way when the window opened belongs to what was before.
    if (endedAtMs < this.openedAtMs) return
    this.requests++
    if (node === null) {
      this.failures++
      this.lastFailureAtMs = Math.max(endedAtMs, this.lastFailureAtMs ?? 0)
      return
    }
    const nodes = this.#nodesOfSource.get(source) ?? new Map<string, number>()
    this.#nodesOfSource.set(source, nodes.set(node, (nodes.get(node) ?? 0) + 1))
  }

  /** Sources served at least `times` times. */
  served(times: number): number {
    let count = 0
    for (const nodes of this.#nodesOfSource.values()) {
      let total = 0
      for (const requests of nodes.values()) total += requests
      if (total >= times) count++
    }
    return count
  }

  /** Sources that more than one node served: none, on a healthy group. */
  wanderers(): number {
    let count = 0
    for (const nodes of this.#nodesOfSource.values()) if (nodes.size > 1) count++
    return count
  }

  /** How many sources each node served (a wanderer counts for each of its nodes). */
  sourcesPerNode(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const nodes of this.#nodesOfSource.values()) {
      for (const node of nodes.keys()) counts.set(node, (counts.get(node) ?? 0) + 1)
    }
    return counts
  }

  /** The node of each source that has one only. */
  homes(): ReadonlyMap<number, string> {
    const homes = new Map<number, string>()
    for (const [source, nodes] of this.#nodesOfSource) {
      const [node] = nodes.keys()
      if (node !== undefined && nodes.size === 1) homes.set(source, node)
    }
    return homes
  }
}

/** How many of the sources in both maps changed their node, leaving out those that were at `except`. */
export function movedSources(
  before: ReadonlyMap<number, string>,
  after: ReadonlyMap<number, string>,
  except?: string,
): number {
  let moved = 0
  for (const [source, node] of before) {
    const now = after.get(source)
    if (now !== undefined && now !== node && node !== except) moved++
  }
  return moved
}

/** Requests per second and each node's part of them, over the last `spanMs`. */
export class RateMeter {
  readonly #spanMs: number
  #results: RequestResult[] = []

  constructor(spanMs: number) {
    this.#spanMs = spanMs
  }

  add(result: RequestResult): void {
    this.#results.push(result)
  }

  read(nowMs: number): {
    readonly perSecond: number
    readonly failed: number
    readonly shares: ReadonlyMap<string, number>
  } {
    this.#results = this.#results.filter(({ endedAtMs }) => endedAtMs > nowMs - this.#spanMs)
    const counts = new Map<string, number>()
    let failed = 0
    for (const { node } of this.#results) {
      if (node === null) failed++
      else counts.set(node, (counts.get(node) ?? 0) + 1)
    }
    const served = this.#results.length - failed
    const shares = new Map([...counts].map(([node, count]) => [node, count / served]))
    return { perSecond: (served * 1000) / this.#spanMs, failed, shares }
  }
}
