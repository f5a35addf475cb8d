import type { RunningWay } from './bench.ts'
import type { Generator } from './generators.ts'
import type { Measurement, Scenario } from './scenarios.ts'

/** What a run of all rounds needs. */
export interface RoundsPlan {
  readonly rounds: number
  readonly seconds: number
  readonly scenarios: readonly Scenario[]
  readonly ways: readonly RunningWay[]
  readonly generators: { readonly wrk: Generator | undefined; readonly autocannon: Generator }
  /** CPU seconds that count for a way, used so far; undefined where there are none to count. */
  readonly cpuSecondsOf: (running: RunningWay) => number | undefined
  readonly onMeasurement: (measurement: Measurement) => void
}

/** Seconds of load before the first round: compiled loops, warm caches, learned neighbours. */
const warmUpSeconds = 1

/** All rounds. In each, every scenario runs over every way, one right after the other, so that their ratios hold. */
export async function runRounds(plan: RoundsPlan): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = []
  await warmUp(plan)
  for (let round = 0; round < plan.rounds; round++) {
    for (const scenario of plan.scenarios) {
      for (const way of takeTurns(plan.ways, round)) {
        const measurement = await measure(plan, scenario, way, round)
        measurements.push(measurement)
        plan.onMeasurement(measurement)
      }
    }
  }
  return measurements
}

/** Who was first in one round is last in the next: none has the machine fresher than the others. */
export function takeTurns<Item>(items: readonly Item[], round: number): readonly Item[] {
  const first = items.length === 0 ? 0 : round % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}

async function warmUp({ scenarios, ways, generators }: RoundsPlan): Promise<void> {
  for (const { load } of scenarios) {
    for (const { url } of ways) await (generators.wrk ?? generators.autocannon)(load, url, warmUpSeconds)
  }
}

async function measure(plan: RoundsPlan, scenario: Scenario, running: RunningWay, round: number): Promise<Measurement> {
  const { generators, seconds, cpuSecondsOf } = plan
  const generator = scenario.generator === 'wrk' && generators.wrk ? 'wrk' : 'autocannon'
  const run = generators[generator] ?? generators.autocannon
  const before = cpuSecondsOf(running)
  const outcome = await run(scenario.load, running.url, seconds)
  const used = before === undefined ? null : (cpuSecondsOf(running) ?? before) - before
  return {
    ...outcome,
    scenario: scenario.name,
    generator,
    way: running.way,
    round,
    cpuSecondsPer10k: used === null || outcome.requests === 0 ? null : (used * 10_000) / outcome.requests,
  }
}
