import { type BalancerKind, NONE, weighedByCapacity } from '../balancer.ts'
import { mixed } from '../hash.ts'

/** Entries of the look-up table, a prime: the smaller of the two sizes that the paper measures. */
export const MAGLEV_ENTRIES = 65_537

/**
 * The look-up table of Maglev (Eisenbud et al., NSDI 2016, §3.4): the nodes take turns in choosing the next free entry of
 * their own permutation. A node of less than the greatest weight passes on as many turns as its weight asks for.
 */
export function maglevTable(weights: readonly number[]): Uint8Array {
  const table = new Uint8Array(MAGLEV_ENTRIES).fill(NONE)
  const most = Math.max(0, ...weights)
  if (most === 0) return table
  const next = weights.map((_, node) => mixed(2 * node + 1) % MAGLEV_ENTRIES)
  const skip = weights.map((_, node) => (mixed(2 * node + 2) % (MAGLEV_ENTRIES - 1)) + 1)
  const turns = weights.map(() => 0)
  for (let filled = 0; filled < MAGLEV_ENTRIES; ) {
    for (let node = 0; node < weights.length && filled < MAGLEV_ENTRIES; node++) {
      turns[node] = turns[node]! + weights[node]! / most
      if (turns[node]! < 1) continue
      turns[node] = turns[node]! - 1
      while (table[next[node]!] !== NONE) next[node] = (next[node]! + skip[node]!) % MAGLEV_ENTRIES
      table[next[node]!] = node
      filled++
    }
  }
  return table
}

/** Maglev with its connection tracking: established connections stay, a client's next one goes by the new table. */
export const maglev: BalancerKind = ({ population, nodes }) => {
  let table: Uint8Array = new Uint8Array(MAGLEV_ENTRIES).fill(NONE)
  const weighed = weighedByCapacity(nodes, (weights) => {
    table = maglevTable(weights)
  })
  return {
    name: 'Maglev',
    keepsConnections: true,
    ...weighed,
    route: (client) => table[population.hash[client]! % MAGLEV_ENTRIES]!,
  }
}
