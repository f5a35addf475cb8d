import { collectDefaultMetrics, Registry } from 'prom-client'
import { expect, test, vi } from 'vitest'
import { collectLoopLag, SELDOM_MS } from '../../../../actors/inspector/metrics/loop-lag.ts'

const NS = 1e9

test('the lag is what a look comes late by, not the second between two looks; one scrape begins where the last one ended', async () => {
  const looks = {
    min: 0.9996 * NS,
    max: 1.25 * NS,
    mean: 1.001 * NS,
    stddev: 0.02 * NS,
    count: 15,
    percentile: (percent: number) => (1 + percent / 1000) * NS,
    reset: vi.fn(() => {
      looks.count = 0
    }),
  }
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SELDOM_MS })
  collectLoopLag(registry, looks)
  const lags = async () =>
    Object.fromEntries(
      [...(await registry.metrics()).matchAll(/^nodejs_eventloop_lag_(\w+)_seconds (\S+)$/gm)].map(([, name, lag]) => [
        name,
        Number(Number(lag).toFixed(6)),
      ]),
    )
  expect(await lags()).toEqual({ min: 0, max: 0.25, mean: 0.001, stddev: 0.02, p50: 0.05, p90: 0.09, p99: 0.099 })
  expect(looks.reset).toHaveBeenCalledOnce()
  // No look since then.
  expect(await lags()).toEqual({ min: 0, max: 0, mean: 0, stddev: 0, p50: 0, p90: 0, p99: 0 })
})
