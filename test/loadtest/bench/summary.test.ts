import { describe, expect, it } from 'vitest'
import { scenarios } from '../../../loadtest/bench/scenarios.ts'
import { summarize } from '../../../loadtest/bench/summary.ts'
import { measured } from '../measurements.ts'

/** Three rounds on a machine that is twice as fast in the second. */
const drifting = [1, 2, 1].flatMap((speed, round) => [
  measured({ way: 'straight', round, requestsPerSecond: 100 * speed }),
  measured({
    way: 'proxyha',
    round,
    requestsPerSecond: 50 * speed,
    cpuSecondsPer10k: 0.1 * (round + 1),
    errors: round,
  }),
  measured({ way: 'haproxy', round, requestsPerSecond: 40 * speed, cpuSecondsPer10k: 0.05 }),
])

describe('summarize', () => {
  it('takes the median of the ratios within each round', () => {
    const [summary] = summarize(scenarios, drifting)
    expect(summary).toMatchObject({ key: 'keep-alive/wrk', rounds: 3 })
    const proxyha = summary?.ways.find(({ way }) => way === 'proxyha')
    expect(proxyha).toMatchObject({
      figure: 50,
      toStraight: 0.5,
      toHaproxy: 1.25,
      cpuSecondsPer10k: 0.2,
      cpuToHaproxy: 4,
      errors: 3,
    })
  })

  it('has only the scenarios and ways that were measured', () => {
    const summaries = summarize(scenarios, drifting)
    expect(summaries.map(({ scenario }) => scenario.name)).toEqual(['keep-alive'])
    expect(summaries[0]?.ways.map(({ way }) => way)).toEqual(['straight', 'proxyha', 'haproxy'])
  })

  it('has no ratio to a way that was not measured', () => {
    const [summary] = summarize(
      scenarios,
      drifting.filter(({ way }) => way !== 'haproxy'),
    )
    expect(summary?.ways.map(({ toHaproxy }) => toHaproxy)).toEqual([null, null])
  })

  it('has no ratio to a way that did nothing', () => {
    const [summary] = summarize(scenarios, [
      measured({ way: 'straight', round: 0, requestsPerSecond: 0 }),
      measured({ way: 'proxyha', round: 0, requestsPerSecond: 5 }),
    ])
    expect(summary?.ways[1]?.toStraight).toBeNull()
  })

  it('compares bytes where downloads count', () => {
    const [summary] = summarize(scenarios, [
      measured({ scenario: 'downloads', way: 'straight', round: 0, bytesPerSecond: 4e9, requestsPerSecond: 1 }),
      measured({ scenario: 'downloads', way: 'proxyha', round: 0, bytesPerSecond: 1e9, requestsPerSecond: 1 }),
    ])
    expect(summary?.ways[1]).toMatchObject({ figure: 1e9, toStraight: 0.25 })
  })

  it('takes the latency that a way adds within each round', () => {
    const base = { scenario: 'latency', generator: 'autocannon' } as const
    const [summary] = summarize(
      scenarios,
      [1, 5, 2].flatMap((base50, round) => [
        measured({ ...base, way: 'straight', round, p50Ms: base50, p99Ms: 10 }),
        measured({ ...base, way: 'proxyha', round, p50Ms: base50 + 0.25, p99Ms: 11 }),
      ]),
    )
    expect(summary?.ways[1]).toMatchObject({ p50Ms: 2.25, addedP50Ms: 0.25, addedP99Ms: 1, toStraight: 1.125 })
  })
})
