/** The load test inside its sandbox: `node inside.ts OPTIONS-AS-JSON`. Exit code 0, 1 when the guard says no, 130 when cut short. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, release } from 'node:os'
import { dirname } from 'node:path'
import { settleInSandbox } from '../../runtime/lab/sandbox.ts'
import { cpuSeconds } from '../cpu-time.ts'
import { drawSummary } from '../table.ts'
import { type RunningWay, startBench } from './bench.ts'
import { directorBusySeconds, isolateDirector } from './director-core.ts'
import { runAutocannon, runWrk } from './generators.ts'
import { type Baseline, baselineOf, judge } from './guard.ts'
import { versionOf } from './installed.ts'
import type { LoadtestOptions } from './options.ts'
import { runRounds } from './rounds.ts'
import { type Measurement, scenarios } from './scenarios.ts'
import { type ScenarioSummary, summarize } from './summary.ts'

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

settleInSandbox(() => process.exit(130))
process.exitCode = await run(JSON.parse(process.argv[2] ?? '') as LoadtestOptions)
// The kernel ends all that was started: this process is PID 1 of the sandbox.
process.exit()

async function run(options: LoadtestOptions): Promise<number> {
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
  for (const summary of summaries) print(['', ...drawSummary(summary)].join('\n'))
  print(['', ...remarks, ...remarksOnCpu[options.directorCore ? 'ofDirectorCore' : 'ofProcesses']].join('\n'))
  const versions = {
    node: process.version,
    haproxy: versionOf('haproxy', '-v') ?? null,
    nginx: versionOf('nginx', '-v') ?? null,
    wrk: wrk ?? null,
  }
  const machine = { cores: availableParallelism(), kernel: release(), versions }
  write(options.json, { startedAt, machine, options, notes, summaries, measurements })
  print(`\nall figures are in ${options.json}`)
  return decide(options, summaries)
}

function cpuSecondsOfProcess({ process }: RunningWay): number | undefined {
  return process === null ? undefined : cpuSeconds(process.pid)
}

function decide(options: LoadtestOptions, summaries: readonly ScenarioSummary[]): number {
  if (options.updateBaseline) {
    write(options.baseline, baselineOf(summaries, baselineTolerance))
    print(`the baseline is written to ${options.baseline}`)
  }
  if (!options.check) return 0
  const { ok, lines } = judge(JSON.parse(readFileSync(options.baseline, 'utf8')) as Baseline, summaries)
  print(['', 'guard', ...lines.map((line) => `  ${line}`)].join('\n'))
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

function write(path: string, content: object): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
