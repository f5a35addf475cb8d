import { type BalancerKind, NONE, weighedByCapacity } from '../balancer.ts'
import { mixed } from '../hash.ts'

/**
 * The node with the highest score for a client, each node's score drawn by a hash of both (Thaler and Ravishankar 1998),
 * weighted as -weight / ln(hash): a node wins in proportion to its weight, and one that goes changes nobody else's winner.
 */
export function rendezvousNode(hash: number, weights: readonly number[]): number {
  let [best, bestScore] = [NONE, 0]
  for (const [node, weight] of weights.entries()) {
    if (weight === 0) continue
    const drawn = (mixed(hash ^ mixed(node + 1)) + 0.5) / 2 ** 32
    const score = -weight / Math.log(drawn)
    if (score > bestScore) [best, bestScore] = [node, score]
  }
  return best
}

/** Rendezvous hashing without state. Winners are kept until the nodes change, which only makes it faster. */
export const rendezvous: BalancerKind = ({ population, nodes }) => {
  const winners = new Uint8Array(population.count).fill(NONE)
  const weighed = weighedByCapacity(nodes, () => winners.fill(NONE))
  return {
    name: 'rendezvous',
    keepsConnections: false,
    ...weighed,
    route: (client) => {
      if (winners[client] === NONE) winners[client] = rendezvousNode(population.hash[client]!, weighed.weights())
      return winners[client]!
    },
  }
}
