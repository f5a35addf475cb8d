import { describe, expect, it } from 'vitest'
import { drawSummary } from '../../../loadtest/bench/report.ts'
import { scenarios } from '../../../loadtest/bench/scenarios.ts'
import { summarize } from '../../../loadtest/bench/summary.ts'
import { measured } from '../measurements.ts'

describe('drawSummary', () => {
  it('draws rates with their ratios', () => {
    const [summary] = summarize(scenarios, [
      measured({ way: 'straight', round: 0, requestsPerSecond: 115_000 }),
      measured({ way: 'haproxy', round: 0, requestsPerSecond: 57_500, cpuSecondsPer10k: 0.1234 }),
    ])
    expect(summary && drawSummary(summary)).toEqual([
      'keep-alive: requests/s over 50 kept connections (wrk, median of 1)',
      '  way       per second  to straight  to haproxy  CPU s/10,000  CPU to haproxy  errors',
      '  straight     115,000         1.00        2.00             -               -       0',
      '  haproxy       57,500         0.50        1.00         0.123            1.00       0',
    ])
  })

  it('draws latencies with what is added', () => {
    const base = { scenario: 'latency', generator: 'autocannon', round: 0 } as const
    const [summary] = summarize(scenarios, [
      measured({ ...base, way: 'straight', p50Ms: 0.1, p99Ms: 1 }),
      measured({ ...base, way: 'proxyha', p50Ms: 0.25, p99Ms: 1.5, cpuSecondsPer10k: 0.5 }),
    ])
    expect(summary && drawSummary(summary)).toEqual([
      'latency: latency at 1,000 requests/s over 10 kept connections (autocannon, median of 1)',
      '  way       p50 ms  p99 ms  added p50  added p99  to straight  to haproxy  CPU s/10,000  CPU to haproxy  errors',
      '  straight   0.100   1.000      0.000      0.000         1.00           -             -               -       0',
      '  proxyha    0.250   1.500      0.150      0.500         2.50           -         0.500               -       0',
    ])
  })
})
