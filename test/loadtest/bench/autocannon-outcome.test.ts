import { describe, expect, it } from 'vitest'
import { autocannonOptions, autocannonOutcome } from '../../../loadtest/bench/autocannon-outcome.ts'

const result = { requests: { total: 5000 }, throughput: { total: 750_000 }, duration: 5, errors: 2, non2xx: 3 }

describe('autocannonOutcome', () => {
  it('maps totals to rates and adds the errors', () => {
    expect(autocannonOutcome(result, [])).toEqual({
      requests: 5000,
      requestsPerSecond: 1000,
      bytesPerSecond: 150_000,
      errors: 5,
      p50Ms: null,
      p99Ms: null,
    })
  })

  it('takes percentiles from the response times, finer than a millisecond', () => {
    const times = Array.from({ length: 1000 }, (_, index) => (index + 1) / 1000)
    expect(autocannonOutcome(result, times)).toMatchObject({ p50Ms: 0.5, p99Ms: 0.99 })
  })
})

describe('autocannonOptions', () => {
  it('passes a fixed rate on, over all connections', () => {
    expect(autocannonOptions({ path: '/', connections: 10, close: false, rate: 1000 }, 'http://ip:80', 5)).toEqual({
      url: 'http://ip:80/',
      connections: 10,
      duration: 5,
      timeout: 5,
      overallRate: 1000,
    })
  })

  it('reconnects after each request where each wants a new connection', () => {
    expect(autocannonOptions({ path: '/', connections: 50, close: true }, 'http://ip:80', 5)).toMatchObject({
      reconnectRate: 1,
    })
  })
})
