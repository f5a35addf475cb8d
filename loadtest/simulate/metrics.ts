import { percentile } from '../statistics.ts'
import type { Balancer } from './balancer.ts'
import type { Nodes } from './nodes.ts'

/** What a balancer came to. All but the series are counted after the warm-up. */
export interface Outcome {
  readonly name: string
  /** Not a reference. */
  readonly isProduct: boolean
  /** Load share relative to capacity: 1 is exactly fair. Over nodes and seconds. */
  readonly share: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Of the busiest node to the mean, averaged over time. */
  readonly maxToMean: number
  /** Share of all work that found its node's CPU used up. */
  readonly beyondCapacity: number
  readonly connections: number
  /** Clients whose connection went to another node than the one before; each move is one of the three. */
  readonly moves: {
    /** Its node died or had too much to do, or the other one joined or was relieved, since the client's last connection. */
    readonly needed: number
    /** Nothing of the kind. */
    readonly needless: number
    /** It had connections open at a node that lives, whatever the reason. */
    readonly active: number
  }
  /** Open connections that ended although their node lives: they were sent to another. */
  readonly broken: number
  /** How often a node's weight changed, and how often against the direction of its change before. */
  readonly weightChanges: number
  readonly weightReversals: number
  /** Once a minute: the greatest share in that minute, and what each node was meant to get, 0..1. */
  readonly series: readonly { readonly atS: number; readonly worst: number; readonly weights: readonly number[] }[]
}

const SERIES_STEP_S = 60

/** Watches a run, second by second. */
export class Metrics {
  readonly moves = { needed: 0, needless: 0, active: 0 }
  broken = 0
  connections = 0
  readonly #warmUpS: number
  readonly #shares: number[] = []
  readonly #worsts: number[] = []
  #work = 0
  #excess = 0
  readonly #turns = { changes: 0, reversals: 0 }
  #weights: readonly number[] = []
  readonly #directions: number[] = []
  readonly #series: { atS: number; worst: number; weights: readonly number[] }[] = []

  constructor(warmUpS: number) {
    this.#warmUpS = warmUpS
  }

  /** Whether what happens now counts. */
  isMeasured(nowS: number): boolean {
    return nowS >= this.#warmUpS
  }

  second(nowS: number, nodes: Nodes, balancer: Balancer): void {
    const weights = balancer.weights()
    const worst = this.#noteShares(nowS, nodes)
    this.#noteWeights(nowS, weights)
    const minute = this.#series[Math.floor(nowS / SERIES_STEP_S)]
    if (minute !== undefined) {
      minute.worst = Math.max(minute.worst, worst)
      return
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    this.#series.push({ atS: nowS, worst, weights: weights.map((weight) => (total === 0 ? 0 : weight / total)) })
  }

  /** The greatest share of this second. */
  #noteShares(nowS: number, nodes: Nodes): number {
    const own = [...nodes.up.keys()]
      .filter((node) => nodes.up[node])
      .map((node) => ({ work: nodes.work[node]!, power: nodes.power(node) }))
    const work = own.reduce((sum, one) => sum + one.work, 0)
    const power = own.reduce((sum, one) => sum + one.power, 0)
    if (work === 0) return 1
    const shares = own.map((one) => one.work / one.power / (work / power))
    const worst = Math.max(...shares)
    if (this.isMeasured(nowS)) {
      this.#shares.push(...shares)
      this.#worsts.push(worst)
      this.#work += work
      this.#excess += own.reduce((sum, one) => sum + Math.max(0, one.work - one.power), 0)
    }
    return worst
  }

  #noteWeights(nowS: number, weights: readonly number[]): void {
    for (const [node, weight] of weights.entries()) {
      const direction = Math.sign(weight - (this.#weights[node] ?? weight))
      if (direction === 0) continue
      if (this.isMeasured(nowS)) {
        this.#turns.changes++
        if (direction === -(this.#directions[node] ?? 0)) this.#turns.reversals++
      }
      this.#directions[node] = direction
    }
    this.#weights = [...weights]
  }

  outcome({ name, isProduct = false }: Pick<Balancer, 'name' | 'isProduct'>): Outcome {
    const at = (share: number) => percentile(this.#shares, share) ?? 1
    return {
      name,
      isProduct,
      share: { p50: at(0.5), p99: at(0.99), max: at(1) },
      maxToMean: this.#worsts.reduce((sum, worst) => sum + worst, 0) / this.#worsts.length,
      beyondCapacity: this.#excess / this.#work,
      connections: this.connections,
      moves: { ...this.moves },
      broken: this.broken,
      weightChanges: this.#turns.changes,
      weightReversals: this.#turns.reversals,
      series: this.#series,
    }
  }
}
