import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { cpuSecondsOfProcess, startBench } from '../bench/bench.ts'
import { runAutocannon } from '../bench/generators.ts'
import { runRounds } from '../bench/rounds.ts'
import { type Measurement, scenarios } from '../bench/scenarios.ts'
import { defineLoadTest, numberOf } from '../load-test.ts'
import { print, writeJson } from '../output.ts'
import { judge, type Ratios, ratiosOf, TRIES } from './verdict.ts'

interface GuardOptions {
  readonly rounds: number
  readonly seconds: number
  readonly recorded: string
  readonly record: boolean
  /** By how many percent the forwarders are slowed, to see that it is noticed. */
  readonly slowed: number
}

/** Exit code 1 when three tries in a row were below the floor. */
export const loadTest = defineLoadTest({
  usage: `npm run loadtest:guard -- [options]

Whether the hot path is as fast as it was: autocannon through proxyha in both modes beside HAProxy, in turns. It fails when
three tries in a row are more than 15 % below the ratios that were recorded. A try takes some 25 seconds.

  --rounds N       rounds of a try (6)
  --seconds N      seconds of each run (1)
  --slowed N       slow the forwarders by N percent: that has to be noticed (0)
  --recorded FILE  the ratios (loadtest/guard/recorded.json)
  --record         write them anew from one try
`,
  options: {
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '1' },
    slowed: { type: 'string', default: '0' },
    recorded: { type: 'string', default: fileURLToPath(new URL('./recorded.json', import.meta.url)) },
    record: { type: 'boolean', default: false },
  },
  interpret: ({ rounds, seconds, slowed, recorded, record }): GuardOptions => ({
    rounds: numberOf('--rounds', rounds),
    seconds: numberOf('--seconds', seconds),
    slowed: numberOf('--slowed', slowed, 0),
    recorded,
    record,
  }),
  run: guard,
})

async function guard({ rounds, seconds, recorded, record, slowed }: GuardOptions): Promise<number> {
  if (slowed > 0) {
    process.env.NODE_OPTIONS = `--import=${new URL('./slowed-forwarder.ts', import.meta.url).href}`
    process.env.SLOWED_PERCENT = String(slowed)
  }
  const all = await startBench((line) => print(`note: ${line}`), availableParallelism())
  const measure = (): Promise<readonly Measurement[]> =>
    runRounds({
      rounds,
      seconds,
      scenarios: scenarios.filter(({ name }) => name === 'keep-alive-autocannon'),
      ways: all.filter(({ way }) => way === 'proxyha' || way === 'kernel' || way === 'haproxy'),
      generators: { wrk: undefined, autocannon: runAutocannon },
      cpuSecondsOf: cpuSecondsOfProcess,
      onMeasurement: () => {},
    })
  if (record) {
    writeJson(recorded, ratiosOf(await measure()))
    print(`the ratios are written to ${recorded}`)
    return 0
  }
  const expected = JSON.parse(readFileSync(recorded, 'utf8')) as Ratios
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const { lines, low } = judge(expected, ratiosOf(await measure()))
    print(`try ${attempt}`, ...lines.map((line) => `  ${line}`))
    if (low.length === 0) return 0
  }
  return 1
}
