import { availableParallelism, release } from 'node:os'
import { versionOf } from '../bench/installed.ts'
import { chosenOf, defineLoadTest, numberOf, resultFile } from '../load-test.ts'
import { print, saveFigures } from '../output.ts'
import { type Measurement, measure } from './measure.ts'
import { daemons, faults, loads, paces, type Selection, turnsOf } from './plan.ts'
import { type QuietRun, runQuietly } from './quiet-run.ts'
import { drawQuietRuns, milliseconds } from './report.ts'
import { type Circumstances, type ResultFiles, readRuns, showGaps } from './results.ts'
import { Stage } from './stage.ts'

interface FailoverOptions extends Selection, ResultFiles {
  readonly rounds: number
  /** Minutes of each quiet run instead of faults; null = faults. */
  readonly quietMinutes: number | null
  /** Nothing is measured: one table of what earlier runs have in these files. Null = measured. */
  readonly from: readonly string[] | null
}

const names = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name).join(', ')
const fastPaces = paces.filter(({ advertIntervalMs }) => advertIntervalMs < 1000)

/** Exit code 1 where a round of proxyha's failed. */
export const loadTest = defineLoadTest({
  usage: `npm run loadtest:failover -- [options]

How long is the VIP out of reach when the director changes: proxyha beside keepalived, in the same namespaces of this machine,
in turns, and proxyha in kernel mode at a redirect. A round of everything takes some 25 minutes.

  --rounds N       rounds (10)
  --fault NAME     only this fault; may be given again: ${names(faults)}
  --pace NAME      only this version and advert interval; may be given again: ${names(paces)}
  --load NAME      only idle or busy (one busy loop per core)
  --quiet-run      no fault at all: count what changes although nothing happened, busy, at the paces below 1 s
  --minutes N      minutes of each quiet run (10)
  --json FILE      where the figures go (loadtest/results/failover.json, failover-quiet.json)
  --svg FILE       draw the plot, too
  --from FILE      measure nothing: one table, JSON and plot of what earlier runs wrote by --json; may be given again
`,
  options: {
    rounds: { type: 'string', default: '10' },
    fault: { type: 'string', multiple: true },
    pace: { type: 'string', multiple: true },
    load: { type: 'string', multiple: true },
    'quiet-run': { type: 'boolean', default: false },
    minutes: { type: 'string', default: '10' },
    json: { type: 'string' },
    svg: { type: 'string' },
    from: { type: 'string', multiple: true },
  },
  interpret({ 'quiet-run': quiet, ...values }): FailoverOptions {
    const [rounds, minutes] = [numberOf('--rounds', values.rounds), numberOf('--minutes', values.minutes)]
    return {
      rounds,
      quietMinutes: quiet ? minutes : null,
      faults: chosenOf('--fault', values.fault, faults),
      paces: chosenOf('--pace', values.pace, paces, quiet ? fastPaces : paces),
      loads: chosenOf('--load', values.load, loads, quiet ? ['busy'] : loads),
      json: values.json ?? resultFile(quiet ? 'failover-quiet' : 'failover'),
      svg: values.svg ?? null,
      from: values.from ?? null,
    }
  },
  needsSandbox: ({ from }) => from === null,
  run: (options) => (options.from === null ? compare(options) : gather(options.from, options)),
})

function gather(from: readonly string[], files: ResultFiles): number {
  const { measurements, ...circumstances } = readRuns(from)
  showGaps(measurements, circumstances, files)
  return 0
}

async function compare({ from: _, ...options }: FailoverOptions): Promise<number> {
  const keepalived = versionOf('keepalived', '--version')
  if (keepalived === undefined) {
    print('keepalived is not installed, and there is nothing to compare with. On Debian: apt-get install keepalived')
    return 1
  }
  const startedAt = new Date().toISOString()
  const stage = new Stage()
  await stage.build()
  if (!stage.clientRaised) print('note: the client has an ordinary scheduling class: its own gaps are in the figures')
  const machine = {
    cores: availableParallelism(),
    kernel: release(),
    versions: { node: process.version, keepalived },
    clientRaised: stage.clientRaised,
  }
  const context = { startedAt, machine, options }
  return options.quietMinutes === null
    ? await compareGaps(stage, options, context)
    : await countFalseFailovers(stage, options, options.quietMinutes, context)
}

async function compareGaps(
  stage: Stage,
  options: Omit<FailoverOptions, 'from'>,
  context: Circumstances,
): Promise<number> {
  const measurements: Measurement[] = []
  for (const turn of turnsOf(options, options.rounds)) {
    await stage.setLoad(turn.load)
    const measurement = { turn, ...(await measure(stage, turn)) }
    measurements.push(measurement)
    print(describe(measurement))
  }
  const summaries = showGaps(measurements, context, options)
  const failed = summaries.some((row) =>
    row.daemons.some(({ daemon, failures }) => daemon !== 'keepalived' && failures > 0),
  )
  return failed ? 1 : 0
}

async function countFalseFailovers(
  stage: Stage,
  options: Omit<FailoverOptions, 'from'>,
  minutes: number,
  context: object,
): Promise<number> {
  const runs: QuietRun[] = []
  for (const load of options.loads) {
    await stage.setLoad(load)
    for (const pace of options.paces) {
      for (const daemon of daemons) {
        const quiet = await runQuietly(stage, { daemon, pace, load, minutes })
        runs.push(quiet)
        print(`${pace.name} ${load} ${daemon}: ${quiet.transitions} transitions in ${minutes} minutes`)
      }
    }
  }
  print(...drawQuietRuns(runs), '')
  saveFigures(options.json, { ...context, runs })
  return runs.some(({ daemon, transitions }) => daemon !== 'keepalived' && transitions > 0) ? 1 : 0
}

function describe({ turn, disturbed, gapMs, takeoverMs, lost, floorMs }: Measurement): string {
  const { round, fault, pace, load, daemon } = turn
  const label = `round ${round + 1}  ${fault.name.padEnd(10)} ${pace.name.padEnd(9)} ${load}  ${daemon.padEnd(14)}`
  const figures = `${lost} lost, takeover ${milliseconds(takeoverMs ?? undefined)} ms, client ${milliseconds(floorMs)} ms`
  if (disturbed) return `${label} the VIP moved before the fault`
  return gapMs === null ? `${label} nobody took over` : `${label} gap ${milliseconds(gapMs)} ms (${figures})`
}
