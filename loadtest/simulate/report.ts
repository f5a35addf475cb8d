import { layOut } from '../output.ts'
import type { Outcome } from './metrics.ts'

const header =
  'way | share p99 | max | max/mean | beyond % | moved, needed | needless | while active | broken | weights changed | turned back'.split(
    ' | ',
  )

/** What the columns mean. */
export const legend = [
  'share: load relative to what a node can do now, 1 = its fair share, over nodes and seconds; max/mean: of the busiest node, mean over time.',
  'beyond: work that found the CPU of its node used up. moved: connections of clients whose connection before went elsewhere; needed: its node',
  'died or had too much to do, or the other one joined or was relieved, since then. while active: it had connections open at a node that lives,',
  'whatever the reason. broken: open connections that were sent to another node. weights: how often one changed, and how often against its change before.',
]

/** The outcomes as one table. */
export function drawOutcomes(outcomes: readonly Outcome[]): readonly string[] {
  return layOut([header, ...outcomes.map(cellsOf)])
}

function cellsOf({ name, share, maxToMean, beyondCapacity, moves, ...rest }: Outcome): readonly string[] {
  const counts = [moves.needed, moves.needless, moves.active, rest.broken, rest.weightChanges, rest.weightReversals]
  return [
    name,
    share.p99.toFixed(3),
    share.max.toFixed(3),
    maxToMean.toFixed(3),
    (beyondCapacity * 100).toFixed(3),
    ...counts.map((count) => count.toLocaleString('en')),
  ]
}

/** How one way stands to another: fairness by the p99 share, disturbance by what moved without need and what broke. */
export interface Verdict {
  readonly product: string
  readonly reference: string
  readonly isFairer: boolean
  readonly disturbsNoMore: boolean
}

/** Moves without need or out of open connections, and connections broken: what a way costs beyond what happened to the nodes. */
export const disturbanceOf = ({ moves, broken }: Outcome): number => moves.needless + moves.active + broken

/** The product, as it was set each time, beside each of the references. */
export function verdictsOn(outcomes: readonly Outcome[]): readonly Verdict[] {
  const references = outcomes.filter(({ isProduct }) => !isProduct)
  const products = outcomes.filter(({ isProduct }) => isProduct)
  return products.flatMap((own) =>
    references.map((other) => ({
      product: own.name,
      reference: other.name,
      isFairer: own.share.p99 < other.share.p99,
      disturbsNoMore: disturbanceOf(own) <= disturbanceOf(other),
    })),
  )
}

/** The verdicts as lines. */
export function drawVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ product, reference, isFairer, disturbsNoMore }) => {
    const fairness = isFairer ? 'fairer (share p99)' : 'NOT fairer (share p99)'
    const disturbance = disturbsNoMore
      ? 'disturbs no more clients'
      : 'disturbs MORE clients (needless + while active + broken)'
    return `${product} beside ${reference}: ${fairness}, ${disturbance}`
  })
}
