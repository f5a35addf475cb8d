import type { Population } from './population.ts'
import type { NodeSpec } from './scenario.ts'

/** No node: of a client that never connected, and where nobody can serve. */
export const NONE = 255

/** What a balancer may know. The world keeps these arrays up to date; balancers only read them. */
export interface Known {
  readonly population: Population
  readonly nodes: readonly NodeSpec[]
  /** Open connections of each node. */
  readonly connections: Int32Array
  /** By client: the node of its latest connection, or NONE. */
  readonly latestNode: Uint8Array
  /** By client: how many connections it has open. */
  readonly open: Int32Array
  /** By client: when it connected last. */
  readonly connectedAtS: Int32Array
}

/** What each node says of itself once a second; the indices are those of the nodes. */
export interface Reports {
  /** Serves: nodes that died or have not joined do not. */
  readonly up: readonly boolean[]
  /** CPU use, 0..1, smoothed as the product's stats reporter does. */
  readonly cpu: Float64Array
}

/** A way to choose the node for a client's next connection. */
export interface Balancer {
  readonly name: string
  /** Not a reference. */
  readonly isProduct?: boolean
  /** Whether open connections stay where they are when the choice for their client changes; else they break. */
  readonly keepsConnections: boolean
  /** Once a second, and at once when a node joined or died. */
  readonly observe: (nowS: number, reports: Reports) => void
  /** The node for the client's next connection; NONE when there is none. */
  readonly route: (client: number, nowS: number) => number
  /** Shares that the nodes are meant to get now, in any unit. */
  readonly weights: () => readonly number[]
}

export type BalancerKind = (known: Known) => Balancer

/** The capacities of the nodes that are up, 0 for the others: the weights of everyone who does not look at loads. */
const capacitiesOf = (nodes: readonly NodeSpec[], up: readonly boolean[]): number[] =>
  nodes.map(({ capacity }, node) => (up[node] ? capacity : 0))

/** The parts of a balancer that weighs nodes by capacity alone; `changed` hears of the weights whenever they differ. */
export function weighedByCapacity(
  nodes: readonly NodeSpec[],
  changed: (weights: readonly number[]) => void = () => {},
) {
  let weights: readonly number[] = nodes.map(() => 0)
  return {
    weights: () => weights,
    observe: (_nowS: number, { up }: Reports) => {
      const next = capacitiesOf(nodes, up)
      if (next.every((weight, node) => weight === weights[node])) return
      weights = next
      changed(weights)
    },
  }
}
