import { describe, expect, it } from 'vitest'
import { type Baseline, baselineOf, judge } from '../../../loadtest/bench/guard.ts'
import { scenarios } from '../../../loadtest/bench/scenarios.ts'
import { summarize } from '../../../loadtest/bench/summary.ts'
import { measured } from '../measurements.ts'

const baseline: Baseline = {
  ratios: { 'keep-alive/wrk': { straight: { ratio: 0.5, tolerance: 0.1 }, haproxy: { ratio: 1, tolerance: 0.1 } } },
}

/** A round in which HAProxy gets 100 requests/s of 200, and proxyha what is given. */
function run(proxyha: number, errors = 0) {
  return summarize(scenarios, [
    measured({ way: 'straight', round: 0, requestsPerSecond: 200 }),
    measured({ way: 'proxyha', round: 0, requestsPerSecond: proxyha, errors }),
    measured({ way: 'haproxy', round: 0, requestsPerSecond: 100 }),
  ])
}

describe('judge', () => {
  it('passes ratios at the baseline, above it, and within the tolerance', () => {
    for (const proxyha of [100, 150, 91]) expect(judge(baseline, run(proxyha)).ok).toBe(true)
  })

  it('fails a ratio below the tolerance, and names ratio, baseline and tolerance', () => {
    expect(judge(baseline, run(89))).toEqual({
      ok: false,
      lines: [
        'ok keep-alive/wrk: proxyha to straight is 0.45 (baseline 0.50, tolerance 0.10)',
        '!! keep-alive/wrk: proxyha to haproxy is 0.89 (baseline 1.00, tolerance 0.10)',
      ],
    })
  })

  it('fails when requests through proxyha failed, however fast the others were', () => {
    const verdict = judge(baseline, run(200, 7))
    expect(verdict.ok).toBe(false)
    expect(verdict.lines).toContain('!! keep-alive/wrk: 7 requests through proxyha failed')
  })

  it('says what was not measured, and lets the rest decide', () => {
    const withoutHaproxy = run(100).map((summary) => ({
      ...summary,
      ways: summary.ways.map((way) => ({ ...way, toHaproxy: null })),
    }))
    const verdict = judge(baseline, withoutHaproxy)
    expect(verdict.ok).toBe(true)
    expect(verdict.lines).toContain(
      '-- keep-alive/wrk: proxyha to haproxy was not measured (baseline 1.00, tolerance 0.10)',
    )
  })

  it('fails when nothing was compared', () => {
    expect(judge(baseline, [])).toMatchObject({ ok: false })
    expect(judge({ ratios: {} }, run(100))).toEqual({ ok: false, lines: ['!! no ratio of the baseline was measured'] })
  })
})

describe('baselineOf', () => {
  it('gives a baseline that its own run passes', () => {
    const summaries = run(96)
    const made = baselineOf(summaries, 0.05)
    expect(made.ratios['keep-alive/wrk']).toEqual({
      straight: { ratio: 0.48, tolerance: 0.02 },
      haproxy: { ratio: 0.96, tolerance: 0.05 },
    })
    expect(judge(made, summaries).ok).toBe(true)
  })

  it('leaves latencies out: of them a higher ratio is worse', () => {
    const latency = summarize(scenarios, [
      measured({ scenario: 'latency', way: 'straight', round: 0, p50Ms: 1 }),
      measured({ scenario: 'latency', way: 'proxyha', round: 0, p50Ms: 2 }),
    ])
    expect(latency[0]?.ways[1]?.toStraight).toBe(2)
    expect(baselineOf(latency, 0.05)).toEqual({ ratios: {} })
  })
})
