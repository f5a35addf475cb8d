import type { Known, Reports } from '../../../loadtest/simulate/balancer.ts'
import { NONE } from '../../../loadtest/simulate/balancer.ts'
import { type Population, populationOf } from '../../../loadtest/simulate/population.ts'
import type { Scenario } from '../../../loadtest/simulate/scenario.ts'
import { SeededRandom } from '../../fakes/random.ts'

/** 10,000 clients, all alike. */
export const tenThousand: Population = populationOf(10_000, 0, new SeededRandom(1))

/** What a balancer knows of nodes of those capacities, before anybody has connected. */
export const knownOf = (...capacities: readonly number[]) =>
  ({
    population: tenThousand,
    nodes: capacities.map((capacity) => ({ capacity })),
    connections: new Int32Array(capacities.length),
    latestNode: new Uint8Array(tenThousand.count).fill(NONE),
    open: new Int32Array(tenThousand.count),
    connectedAtS: new Int32Array(tenThousand.count).fill(-(2 ** 30)),
  }) satisfies Known

/** Reports of idle nodes, of which those are up. */
export const reportsOf = (...up: readonly boolean[]): Reports => ({ up, cpu: new Float64Array(up.length) })

/** A quarter of an hour: four nodes of three sizes; one dies and returns, another gets busy. */
export const quarterHour: Scenario = {
  seed: 7,
  clients: 20_000,
  exponent: 0.8,
  nodes: [200, 100, 100, 50].map((capacity) => ({ capacity })),
  events: [
    ...[0, 1, 2, 3].map((node) => ({ type: 'joins', atS: 0, node }) as const),
    { type: 'dies', atS: 400, node: 1 },
    { type: 'joins', atS: 500, node: 1 },
    { type: 'busy', atS: 600, node: 2, share: 0.6 },
    { type: 'busy', atS: 750, node: 2, share: 0 },
  ],
  durationS: 900,
  warmUpS: 300,
  connectionsPerS: 150,
  swing: 0,
  swingPeriodS: 900,
  meanLifeS: 20,
  utilisation: 0.5,
}
