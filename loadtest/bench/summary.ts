import { median } from '../statistics.ts'
import { type Measurement, type Scenario, type Way, ways } from './scenarios.ts'

/** One way in one scenario: medians over the rounds. What could not be measured is null. */
export interface WaySummary {
  readonly way: Way
  /** Requests/s, bytes/s, or the p50 in milliseconds, as the scenario's figure says. */
  readonly figure: number
  /** Medians of the ratios within each round, so that a machine that drifts between rounds does no harm. */
  readonly toStraight: number | null
  readonly toHaproxy: number | null
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** What the way adds to going straight, within each round. */
  readonly addedP50Ms: number | null
  readonly addedP99Ms: number | null
  readonly cpuSecondsPer10k: number | null
  readonly cpuToHaproxy: number | null
  readonly errors: number
}

export interface ScenarioSummary {
  readonly scenario: Scenario
  readonly generator: Measurement['generator']
  /** `keep-alive/wrk`: what a baseline knows it by. Figures of different generators are never compared. */
  readonly key: string
  readonly rounds: number
  readonly ways: readonly WaySummary[]
}

/** Summarizes each scenario that was measured. */
export function summarize(
  scenarios: readonly Scenario[],
  measurements: readonly Measurement[],
): readonly ScenarioSummary[] {
  return scenarios.flatMap((scenario) => {
    const own = measurements.filter((measurement) => measurement.scenario === scenario.name)
    const generator = own[0]?.generator
    if (generator === undefined) return []
    return [
      {
        scenario,
        generator,
        key: `${scenario.name}/${generator}`,
        rounds: new Set(own.map(({ round }) => round)).size,
        ways: ways.flatMap((way) => summarizeWay(scenario, way, own)),
      },
    ]
  })
}

function summarizeWay(scenario: Scenario, way: Way, own: readonly Measurement[]): readonly WaySummary[] {
  const mine = own.filter((measurement) => measurement.way === way)
  const figures = mine.flatMap((measurement) => figureOf(scenario, measurement) ?? [])
  const figure = median(figures)
  if (figure === undefined) return []
  const beside = <Value>(
    other: Way,
    compare: (mine: Measurement, theirs: Measurement) => Value | null,
  ): readonly Value[] =>
    mine.flatMap((measurement) => {
      const theirs = own.find(({ way, round }) => way === other && round === measurement.round)
      return (theirs && compare(measurement, theirs)) ?? []
    })
  const ratioTo = (other: Way) =>
    median(beside(other, (one, two) => ratio(figureOf(scenario, one), figureOf(scenario, two)))) ?? null
  return [
    {
      way,
      figure,
      toStraight: ratioTo('straight'),
      toHaproxy: ratioTo('haproxy'),
      p50Ms: median(mine.flatMap(({ p50Ms }) => p50Ms ?? [])) ?? null,
      p99Ms: median(mine.flatMap(({ p99Ms }) => p99Ms ?? [])) ?? null,
      addedP50Ms: median(beside('straight', (one, two) => difference(one.p50Ms, two.p50Ms))) ?? null,
      addedP99Ms: median(beside('straight', (one, two) => difference(one.p99Ms, two.p99Ms))) ?? null,
      cpuSecondsPer10k: median(mine.flatMap(({ cpuSecondsPer10k }) => cpuSecondsPer10k ?? [])) ?? null,
      cpuToHaproxy: median(beside('haproxy', (one, two) => ratio(one.cpuSecondsPer10k, two.cpuSecondsPer10k))) ?? null,
      errors: mine.reduce((sum, { errors }) => sum + errors, 0),
    },
  ]
}

function figureOf(scenario: Scenario, measurement: Measurement): number | null {
  switch (scenario.figure) {
    case 'requests':
      return measurement.requestsPerSecond
    case 'bytes':
      return measurement.bytesPerSecond
    case 'latency':
      return measurement.p50Ms
    default:
      return scenario.figure satisfies never
  }
}

function ratio(one: number | null, two: number | null): number | null {
  return one === null || two === null || two === 0 ? null : one / two
}

function difference(one: number | null, two: number | null): number | null {
  return one === null || two === null ? null : one - two
}
