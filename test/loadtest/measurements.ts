import type { Measurement } from '../../loadtest/bench/scenarios.ts'

/** A measurement of keep-alive by wrk, but for what is given. */
export function measured(parts: Partial<Measurement> & Pick<Measurement, 'way' | 'round'>): Measurement {
  return {
    scenario: 'keep-alive',
    generator: 'wrk',
    requests: 10_000,
    requestsPerSecond: 0,
    bytesPerSecond: 0,
    errors: 0,
    p50Ms: null,
    p99Ms: null,
    cpuSecondsPer10k: null,
    ...parts,
  }
}
