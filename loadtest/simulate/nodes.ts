import { CPU_SMOOTHING_MS } from '../../actors/stats-reporter/machine.ts'
import type { Random } from '../../runtime/ports/host/random.ts'
import type { Reports } from './balancer.ts'
import { normal } from './chance.ts'
import type { NodeSpec, WorldEvent } from './scenario.ts'

/** How much a reading of the CPU wavers. */
const NOISE = 0.02
/** From here on a node has more to do than is good for it: whoever leaves it has a reason. */
const IMPAIRED_AT = 0.9

/** The nodes of the world: what they can do, what they have to do, and what they say of it. */
export class Nodes implements Reports {
  readonly up: boolean[]
  readonly cpu: Float64Array
  /** Cost of the open connections. */
  readonly work: Float64Array
  /** Share of the CPU that something else takes. */
  readonly busyShare: Float64Array
  /** When a node was last down, or had too much to do. */
  readonly impairedAtS: Float64Array
  /** When it last began to serve, or was relieved. */
  readonly relievedAtS: Float64Array
  readonly #specs: readonly NodeSpec[]
  readonly #workPerCapacity: number

  /** `workPerCapacity`: the cost that keeps one unit of capacity wholly busy. */
  constructor(specs: readonly NodeSpec[], workPerCapacity: number) {
    const none = () => new Float64Array(specs.length)
    this.#specs = specs
    this.#workPerCapacity = workPerCapacity
    this.up = specs.map(() => false)
    this.cpu = none()
    this.work = none()
    this.busyShare = none()
    this.impairedAtS = none().fill(Number.NEGATIVE_INFINITY)
    this.relievedAtS = none().fill(Number.NEGATIVE_INFINITY)
  }

  apply(event: WorldEvent): void {
    switch (event.type) {
      case 'joins':
        this.up[event.node] = true
        this.cpu[event.node] = 0
        this.relievedAtS[event.node] = event.atS
        return
      case 'dies':
        this.up[event.node] = false
        return
      case 'busy':
        if (event.share < this.busyShare[event.node]!) this.relievedAtS[event.node] = event.atS
        this.busyShare[event.node] = event.share
        return
      default:
        event satisfies never
    }
  }

  /** What a node can do for its clients now; 0 while it is down. */
  power(node: number): number {
    if (!this.up[node]) return 0
    return this.#specs[node]!.capacity * this.#workPerCapacity * (1 - this.busyShare[node]!)
  }

  /** A second has passed. */
  measure(nowS: number, random: Random): void {
    for (let node = 0; node < this.up.length; node++) {
      const demand = this.demand(node)
      if (demand >= IMPAIRED_AT) this.impairedAtS[node] = nowS
      else if (this.impairedAtS[node] === nowS - 1) this.relievedAtS[node] = nowS
      const reading = Math.min(1, Math.max(0, demand + NOISE * normal(random)))
      this.cpu[node]! += (reading - this.cpu[node]!) * (1 - Math.exp(-1000 / CPU_SMOOTHING_MS))
    }
  }

  /** All that is asked of its CPU, as a multiple of it; infinite for a node that is down. */
  demand(node: number): number {
    const power = this.power(node)
    const busy = this.busyShare[node]!
    return power === 0 ? Number.POSITIVE_INFINITY : busy + (this.work[node]! / power) * (1 - busy)
  }
}
