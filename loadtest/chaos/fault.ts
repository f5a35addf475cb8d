/** What a fault is made of. */
import type { Mode } from '../group/network.ts'
import { type Costs, free, type Naming, type PlannedFault } from './costs.ts'
import type { Scene } from './scene.ts'

/** What of the group a fault takes hold of: two that hold the same of one node are not laid at once, and one of the whole group is laid alone. */
export type Grip = 'process' | 'cable' | 'host' | 'proxy' | 'wire' | 'strangers' | 'group'

/** A kind of fault. */
export interface Fault {
  readonly name: string
  readonly grip: Grip
  /** Where it makes sense. */
  readonly modes: readonly Mode[]
  /** Indices of the nodes that it may befall; the first is the director. */
  readonly nodes: readonly number[]
  /** How long it lasts: the least and the most. */
  readonly lastsMs: readonly [least: number, most: number]
  costs(planned: PlannedFault, mode: Mode): Costs
  /** Null: it is nothing that has to be mended. */
  naming(planned: PlannedFault, mode: Mode): Naming | null
  /** Whether this machine can have it. */
  isPossible(): boolean
  apply(scene: Scene, planned: PlannedFault): Promise<void>
  heal(scene: Scene, planned: PlannedFault): Promise<void>
}

type Plan = Pick<Fault, 'name' | 'grip' | 'apply' | 'heal'> &
  Partial<Pick<Fault, 'modes' | 'nodes' | 'lastsMs' | 'isPossible'>> & {
    readonly costs?: Partial<Costs> | ((planned: PlannedFault, mode: Mode) => Partial<Costs>)
    readonly naming?: Naming | ((planned: PlannedFault, mode: Mode) => Naming | null)
  }

const ANYBODY = [0, 1, 2]
const ORDINARY_LASTS_MS = [3000, 8000] as const

/** A kind of fault that costs nothing, is not named and may befall anybody, but for what it says. */
export function defineFault(plan: Plan): Fault {
  const { costs = {}, naming = null } = plan
  return {
    modes: ['kernel', 'workers'],
    nodes: ANYBODY,
    lastsMs: ORDINARY_LASTS_MS,
    isPossible: () => true,
    ...plan,
    costs: (planned, mode) => ({ ...free, ...(typeof costs === 'function' ? costs(planned, mode) : costs) }),
    naming: typeof naming === 'function' ? naming : () => naming,
  }
}
