import { percentile } from '../statistics.ts'
import type { Load, Outcome } from './scenarios.ts'

/** The part of autocannon's options that a load sets. */
export interface AutocannonOptions {
  readonly url: string
  readonly connections: number
  readonly duration: number
  readonly timeout: number
  readonly overallRate?: number
  readonly reconnectRate?: number
}

export function autocannonOptions(load: Load, url: string, seconds: number): AutocannonOptions {
  return {
    url: `${url}${load.path}`,
    connections: load.connections,
    duration: seconds,
    timeout: 5,
    ...(load.rate === undefined ? {} : { overallRate: load.rate }),
    ...(load.close ? { reconnectRate: 1 } : {}),
  }
}

/** The part of autocannon's result that is read. */
export interface AutocannonResult {
  readonly requests: { readonly total: number }
  readonly throughput: { readonly total: number }
  /** Seconds that it ran. */
  readonly duration: number
  readonly errors: number
  readonly non2xx: number
}

/**
 * What a run of autocannon says. The percentiles come from the time of each response, since autocannon's own histogram
 * has a unit of 1 ms, and what a forwarder adds is less than that.
 */
export function autocannonOutcome(result: AutocannonResult, responseTimesMs: readonly number[]): Outcome {
  return {
    requests: result.requests.total,
    requestsPerSecond: result.requests.total / result.duration,
    bytesPerSecond: result.throughput.total / result.duration,
    errors: result.errors + result.non2xx,
    p50Ms: percentile(responseTimesMs, 0.5) ?? null,
    p99Ms: percentile(responseTimesMs, 0.99) ?? null,
  }
}
