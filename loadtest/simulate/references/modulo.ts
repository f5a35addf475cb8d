import { type BalancerKind, NONE, weighedByCapacity } from '../balancer.ts'

/**
 * Plain hash: source address modulo the number of nodes, a node counted as often as its capacity asks for; what a stateless
 * hash in a packet filter or an ECMP router does. Whenever the number changes, nearly everybody moves.
 */
export const modulo: BalancerKind = ({ population, nodes }) => {
  let wheel: readonly number[] = []
  const weighed = weighedByCapacity(nodes, (weights) => {
    const unit = weights.reduce(greatestCommonDivisor, 0)
    wheel = weights.flatMap((weight, node) => new Array<number>(unit === 0 ? 0 : weight / unit).fill(node))
  })
  return {
    name: 'hash mod n',
    keepsConnections: false,
    ...weighed,
    route: (client) => wheel[population.hash[client]! % wheel.length] ?? NONE,
  }
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other)
}
