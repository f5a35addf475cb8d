/** `npm run loadtest:simulate`: one balancer after the other through the same simulated hours. */
import { fileURLToPath } from 'node:url'
import { writeResult } from '../failover/results.ts'
import { balancers } from './balancers.ts'
import { parseOptions, type SimulateOptions, usage } from './options.ts'
import { plotOutcomes } from './plot.ts'
import { drawOutcomes, drawVerdicts, legend, verdictsOn } from './report.ts'
import { clientsOf, simulate } from './world.ts'

const parsed = parseOptions(process.argv.slice(2), fileURLToPath(new URL('../results/simulate.json', import.meta.url)))

switch (parsed.type) {
  case 'help':
    print(usage)
    break
  case 'mistake':
    process.stderr.write(`${parsed.reason}\n\n${usage}`)
    process.exitCode = 1
    break
  case 'run':
    run(parsed.options)
    break
  default:
    parsed satisfies never
}

function run({ scenario, json, svg }: SimulateOptions): void {
  const startedAtMs = performance.now()
  const population = clientsOf(scenario)
  const outcomes = balancers.map((kind) => {
    const outcome = simulate(scenario, population, kind)
    print(`${outcome.name}: ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`)
    return outcome
  })
  const verdicts = verdictsOn(outcomes)
  print(['', ...drawOutcomes(outcomes), '', ...legend, '', ...drawVerdicts(verdicts)].join('\n'))
  writeResult(json, `${JSON.stringify({ scenario, outcomes, verdicts }, null, 2)}\n`)
  print(`\nall figures are in ${json}`)
  if (svg === null) return
  writeResult(svg, plotOutcomes(outcomes, scenario))
  print(`the plot is in ${svg}`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
