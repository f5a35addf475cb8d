import { defineLoadTest, numberOf, resultFile } from '../load-test.ts'
import { print, saveFigures, writeResult } from '../output.ts'
import { balancers } from './balancers.ts'
import { plotOutcomes } from './plot.ts'
import { drawOutcomes, drawVerdicts, legend, verdictsOn } from './report.ts'
import { threeHours } from './scenario.ts'
import { clientsOf, simulate } from './world.ts'

/** One balancer after the other through the same simulated hours. */
export const loadTest = defineLoadTest({
  usage: `npm run loadtest:simulate -- [options]

How evenly, and with how much moving of clients, proxyha's balancing and five references spread the same simulated clients
over nodes of unequal size that join, die and get busy: three hours in seconds, the same figures for the same options.

  --clients N      clients (${threeHours.clients})
  --rate N         new connections a second (${threeHours.connectionsPerS})
  --exponent X     of the Zipf law of their activity, 0 = all alike (${threeHours.exponent})
  --seed N         of everything that is drawn (${threeHours.seed})
  --json FILE      where the figures go (loadtest/results/simulate.json)
  --svg FILE       draw the plot, too
`,
  options: {
    clients: { type: 'string', default: `${threeHours.clients}` },
    rate: { type: 'string', default: `${threeHours.connectionsPerS}` },
    exponent: { type: 'string', default: `${threeHours.exponent}` },
    seed: { type: 'string', default: `${threeHours.seed}` },
    json: { type: 'string', default: resultFile('simulate') },
    svg: { type: 'string' },
  },
  interpret: ({ clients, rate, exponent, seed, json, svg = null }) => ({
    scenario: {
      ...threeHours,
      clients: numberOf('--clients', clients, 1, 10_000_000),
      connectionsPerS: numberOf('--rate', rate, 1, 5000),
      exponent: numberOf('--exponent', exponent, 0, 2, false),
      seed: numberOf('--seed', seed, 0, 2 ** 32 - 1),
    },
    json,
    svg,
  }),
  needsSandbox: () => false,
  run({ scenario, json, svg }) {
    const startedAtMs = performance.now()
    const population = clientsOf(scenario)
    const outcomes = balancers.map((kind) => {
      const outcome = simulate(scenario, population, kind)
      print(`${outcome.name}: ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`)
      return outcome
    })
    const verdicts = verdictsOn(outcomes)
    print('', ...drawOutcomes(outcomes), '', ...legend, '', ...drawVerdicts(verdicts), '')
    saveFigures(json, { scenario, outcomes, verdicts })
    if (svg !== null) {
      writeResult(svg, plotOutcomes(outcomes, scenario))
      print(`the plot is in ${svg}`)
    }
    return 0
  },
})
