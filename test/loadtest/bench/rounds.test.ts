import { describe, expect, it } from 'vitest'
import type { RunningWay } from '../../../loadtest/bench/bench.ts'
import { runRounds, takeTurns } from '../../../loadtest/bench/rounds.ts'
import type { Outcome, Scenario, Way } from '../../../loadtest/bench/scenarios.ts'
import { Tail } from '../../../runtime/lab/testbed/processes.ts'

const outcome: Outcome = { requests: 10, requestsPerSecond: 5, bytesPerSecond: 1, errors: 0, p50Ms: null, p99Ms: null }
const load = { path: '/', connections: 1, close: false }
const byWrk: Scenario = { name: 'fast', title: '', generator: 'wrk', load, figure: 'requests' }
const byAutocannon: Scenario = { ...byWrk, name: 'steady', generator: 'autocannon' }
const running = (way: Way): RunningWay => ({ way, url: `http://${way}`, process: null, log: new Tail() })

describe('takeTurns', () => {
  it('lets another begin in each round, and leaves nobody out', () => {
    expect([0, 1, 2, 3].map((round) => takeTurns(['a', 'b', 'c'], round).join(''))).toEqual([
      'abc',
      'bca',
      'cab',
      'abc',
    ])
  })

  it('has no turns without ways', () => {
    expect(takeTurns([], 3)).toEqual([])
  })
})

describe('runRounds', () => {
  it('measures every way in every scenario in every round, after a warm-up of each', async () => {
    const calls: string[] = []
    const generator = (name: string) => async (_load: unknown, url: string) => {
      calls.push(`${name} ${url}`)
      return outcome
    }
    const measurements = await runRounds({
      rounds: 2,
      seconds: 1,
      scenarios: [byWrk, byAutocannon],
      ways: [running('straight'), running('proxyha')],
      generators: { wrk: generator('wrk'), autocannon: generator('autocannon') },
      cpuSecondsOf: () => undefined,
      onMeasurement: () => {},
    })
    expect(calls.slice(0, 4)).toEqual(Array(2).fill(['wrk http://straight', 'wrk http://proxyha']).flat())
    expect(measurements.map(({ round, scenario, way }) => `${round} ${scenario} ${way}`)).toEqual([
      '0 fast straight',
      '0 fast proxyha',
      '0 steady straight',
      '0 steady proxyha',
      '1 fast proxyha',
      '1 fast straight',
      '1 steady proxyha',
      '1 steady straight',
    ])
    expect(calls.slice(4, 8)).toEqual([
      'wrk http://straight',
      'wrk http://proxyha',
      'autocannon http://straight',
      'autocannon http://proxyha',
    ])
  })

  it('files what autocannon measured in place of wrk under autocannon', async () => {
    const measurements = await runRounds({
      rounds: 1,
      seconds: 1,
      scenarios: [byWrk],
      ways: [running('straight')],
      generators: { wrk: undefined, autocannon: async () => outcome },
      cpuSecondsOf: () => undefined,
      onMeasurement: () => {},
    })
    expect(measurements).toMatchObject([{ scenario: 'fast', generator: 'autocannon' }])
  })

  it('divides the CPU time that was used meanwhile among the requests, where there is any to count', async () => {
    let usedSeconds = 40
    const measurements = await runRounds({
      rounds: 1,
      seconds: 1,
      scenarios: [byWrk],
      ways: [running('straight'), running('kernel')],
      generators: {
        wrk: async () => {
          usedSeconds += 2
          return outcome
        },
        autocannon: async () => outcome,
      },
      cpuSecondsOf: ({ way }) => (way === 'kernel' ? usedSeconds : undefined),
      onMeasurement: () => {},
    })
    expect(measurements.map(({ cpuSecondsPer10k }) => cpuSecondsPer10k)).toEqual([null, 2000])
  })
})
