import { type Warning, warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { WarningCode } from '../../runtime/actor-system/inspection/warning-codes.ts'
import type { ForwarderCounter } from '../../runtime/table/layout.ts'
import type { ForwarderLimits } from './messages.ts'

/** For how long a limit is told of after it was last felt. */
const TOLD_FOR_MS = 30_000

interface Felt {
  readonly code: WarningCode
  readonly text: string
}

/** What is said while a counter rises; undefined: it is no limit. */
function feltOf(counter: string, limits: ForwarderLimits): Felt | undefined {
  switch (counter as ForwarderCounter) {
    case 'globalLimit':
      return {
        code: 'connections-limit',
        text: `limits.connections: ${limits.connections} are open, further clients wait until one ends; raise it, or add nodes`,
      }
    case 'clientLimit':
      return {
        code: 'client-limit',
        text: `limits.connectionsPerClient: a client wants more than ${limits.connectionsPerClient} connections, and is refused what is beyond`,
      }
    case 'descriptorsExhausted':
      return {
        code: 'files-exhausted',
        text: 'this process has no file descriptors left: clients wait or are refused; raise LimitNOFILE, two for each of limits.connections',
      }
    case 'portsExhausted':
      return {
        code: 'ports-exhausted',
        text: 'no ephemeral ports are left towards a node: clients are refused or go to another node; set net.ipv4.tcp_tw_reuse to 1, widen net.ipv4.ip_local_port_range, or add nodes',
      }
    default:
      return undefined
  }
}

/**
 * Which limits the forwarders have run into, by what their counters did from look to look: a warning while a counter rises, and
 * for a while after it.
 */
export class Pressure {
  readonly #last = new Map<string, number>()
  /** When each rose last, on the monotonic clock. */
  readonly #roseAtMs = new Map<string, number>()

  /** Looks at the counters. Returns what is new to be said: of limits that were not felt for a while. */
  look(counters: Readonly<Record<string, number>>, limits: ForwarderLimits, nowMs: number): readonly string[] {
    const news: string[] = []
    for (const [counter, count] of Object.entries(counters)) {
      const text = feltOf(counter, limits)?.text
      const before = this.#last.get(counter) ?? 0
      this.#last.set(counter, count)
      if (text === undefined || count <= before) continue
      if (!this.#isFelt(counter, nowMs)) news.push(text)
      this.#roseAtMs.set(counter, nowMs)
    }
    return news
  }

  /** What is felt now, with how often it was since the start. */
  warnings(limits: ForwarderLimits, nowMs: number): readonly Warning[] {
    const felt = [...this.#roseAtMs.keys()].filter((counter) => this.#isFelt(counter, nowMs))
    return felt.flatMap((counter) => {
      const limit = feltOf(counter, limits)
      return limit === undefined ? [] : [warning(limit.code, null, `${limit.text} (${this.#last.get(counter)} times)`)]
    })
  }

  #isFelt(counter: string, nowMs: number): boolean {
    const roseAtMs = this.#roseAtMs.get(counter)
    return roseAtMs !== undefined && nowMs - roseAtMs < TOLD_FOR_MS
  }
}
