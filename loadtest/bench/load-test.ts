import { readFileSync } from 'node:fs'
import { availableParallelism, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineLoadTest, numberOf, resultFile } from '../load-test.ts'
import { print, saveFigures, writeJson } from '../output.ts'
import { cpuSecondsOfProcess, startBench } from './bench.ts'
import { directorBusySeconds, isolateDirector } from './director-core.ts'
import { runAutocannon, runWrk } from './generators.ts'
import { type Baseline, baselineOf, judge } from './guard.ts'
import { versionOf } from './installed.ts'
import { drawSummary } from './report.ts'
import { runRounds } from './rounds.ts'
import { type Measurement, type Scenario, scenarios } from './scenarios.ts'
import { type ScenarioSummary, summarize } from './summary.ts'

interface LoadtestOptions {
  readonly rounds: number
  /** Seconds of one run. */
  readonly seconds: number
  readonly scenarios: readonly Scenario[]
  /** File for all that was measured. */
  readonly json: string
  readonly baseline: string
  /** Give the director a core of its own, and count what that does. */
  readonly directorCore: boolean
  /** Compare with the baseline, and fail when a ratio dropped. */
  readonly check: boolean
  /** Write the baseline anew. */
  readonly updateBaseline: boolean
}

/** Between runs on one machine ratios differ by up to this part of them. */
const baselineTolerance = 0.15

const remarks = [
  'Ratios are medians of the ratios within each round; sources stick to their backend, so one client uses one backend.',
]
const remarksOnCpu = {
  ofProcesses: [
    'CPU is user and system time of the processes in the middle. It leaves out softirqs: the receive path of the kernel,',
    'and all of what nftables forwards (--director-core counts it).',
  ],
  ofDirectorCore: [
    'CPU is the time for which the core was not idle that everything in the middle has to itself, softirqs included: from the',
    'packet that reaches its interface to the one that leaves it. Of the way straight it is what else the core does.',
  ],
}

const quick = { rounds: '1', seconds: '2' } as const
const thorough = { rounds: '5', seconds: '5' } as const

/** Exit code 1 when the guard says no. */
export const loadTest = defineLoadTest({
  usage: `npm run loadtest -- [options]

Measures the way through proxyha beside going straight, HAProxy and nginx (those that are installed),
in network namespaces of this machine, in rounds in which each has its turn.

  --rounds N         rounds (5)
  --seconds N        seconds of each run (5)
  --quick            one round of two seconds
  --scenario NAME    only this scenario; may be given again: ${scenarios.map(({ name }) => name).join(', ')}
  --director-core    everything in the middle runs on a core of its own: CPU is what that core does, softirqs
                     included, so that kernel mode has a figure too
  --json FILE        where the figures go (loadtest/results/latest.json)
  --check            compare proxyha's ratios with the baseline; exit 1 when one dropped below its tolerance
  --baseline FILE    the baseline (loadtest/bench/baseline.json)
  --update-baseline  write the baseline anew from this run
`,
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    scenario: { type: 'string', multiple: true },
    json: { type: 'string', default: resultFile('latest') },
    baseline: { type: 'string', default: fileURLToPath(new URL('./baseline.json', import.meta.url)) },
    'director-core': { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    'update-baseline': { type: 'boolean', default: false },
  },
  interpret(values): LoadtestOptions {
    const { quick: isQuick, 'director-core': directorCore, 'update-baseline': updateBaseline } = values
    const preset = isQuick ? quick : thorough
    const rounds = numberOf('--rounds', values.rounds ?? preset.rounds)
    const seconds = numberOf('--seconds', values.seconds ?? preset.seconds)
    const unknown = values.scenario?.find((name) => !scenarios.some((scenario) => scenario.name === name))
    if (unknown !== undefined) throw new Error(`--scenario: there is no scenario ${unknown}`)
    if (directorCore && (values.check || updateBaseline))
      throw new Error('--director-core: the baseline is of a director that has all cores')
    const { json, baseline, check } = values
    const chosen = scenarios.filter(({ name }) => values.scenario?.includes(name) ?? true)
    return { rounds, seconds, scenarios: chosen, json, baseline, directorCore, check, updateBaseline }
  },
  run: compare,
})

async function compare(options: LoadtestOptions): Promise<number> {
  const notes: string[] = []
  const note = (line: string) => {
    notes.push(line)
    print(`note: ${line}`)
  }
  const startedAt = new Date().toISOString()
  const wrk = versionOf('wrk', '-v')
  if (wrk === undefined)
    note('wrk is not installed: autocannon stands in, whose client costs more CPU than what it measures')
  const ways = await startBench(note, options.directorCore ? 1 : availableParallelism())
  if (options.directorCore) isolateDirector()
  const measurements = await runRounds({
    ...options,
    ways,
    generators: { wrk: wrk === undefined ? undefined : runWrk, autocannon: runAutocannon },
    cpuSecondsOf: options.directorCore ? directorBusySeconds : cpuSecondsOfProcess,
    onMeasurement: (measurement) => print(describe(measurement)),
  })
  const summaries = summarize(options.scenarios, measurements)
  for (const summary of summaries) print('', ...drawSummary(summary))
  print('', ...remarks, ...remarksOnCpu[options.directorCore ? 'ofDirectorCore' : 'ofProcesses'], '')
  const versions = {
    node: process.version,
    haproxy: versionOf('haproxy', '-v') ?? null,
    nginx: versionOf('nginx', '-v') ?? null,
    wrk: wrk ?? null,
  }
  const machine = { cores: availableParallelism(), kernel: release(), versions }
  saveFigures(options.json, { startedAt, machine, options, notes, summaries, measurements })
  return decide(options, summaries)
}

function decide(options: LoadtestOptions, summaries: readonly ScenarioSummary[]): number {
  if (options.updateBaseline) {
    writeJson(options.baseline, baselineOf(summaries, baselineTolerance))
    print(`the baseline is written to ${options.baseline}`)
  }
  if (!options.check) return 0
  const { ok, lines } = judge(JSON.parse(readFileSync(options.baseline, 'utf8')) as Baseline, summaries)
  print('', 'guard', ...lines.map((line) => `  ${line}`))
  return ok ? 0 : 1
}

function describe({ round, scenario, way, requestsPerSecond, bytesPerSecond, p50Ms, errors }: Measurement): string {
  const figure = scenarios.find(({ name }) => name === scenario)?.figure
  const text = {
    requests: `${Math.round(requestsPerSecond).toLocaleString('en')}/s`,
    bytes: `${(bytesPerSecond / 1e9).toFixed(2)} GB/s`,
    latency: `p50 ${p50Ms?.toFixed(3) ?? '-'} ms`,
  }[figure ?? 'requests']
  return `round ${round + 1}  ${scenario.padEnd(22)} ${way.padEnd(9)} ${text}${errors > 0 ? `  ${errors} errors` : ''}`
}
