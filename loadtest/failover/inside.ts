/** The comparison inside its sandbox: `node inside.ts OPTIONS-AS-JSON`. Exit code 0, 1 where a round of proxyha's failed, 130 when cut short. */
import { availableParallelism, release } from 'node:os'
import { settleInSandbox } from '../../runtime/lab/sandbox.ts'
import { versionOf } from '../bench/installed.ts'
import { type Measurement, measure } from './measure.ts'
import type { FailoverOptions } from './options.ts'
import { daemons, turnsOf } from './plan.ts'
import { type QuietRun, runQuietly } from './quiet-run.ts'
import { drawQuietRuns, milliseconds } from './report.ts'
import { type Circumstances, showGaps, writeResult } from './results.ts'
import { Stage } from './stage.ts'

settleInSandbox(() => process.exit(130))
process.exitCode = await run(JSON.parse(process.argv[2] ?? '') as FailoverOptions)
// The kernel ends all that was started: this process is PID 1 of the sandbox.
process.exit()

async function run(options: FailoverOptions): Promise<number> {
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

async function compareGaps(stage: Stage, options: FailoverOptions, context: Circumstances): Promise<number> {
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
  options: FailoverOptions,
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
  print(drawQuietRuns(runs).join('\n'))
  writeResult(options.json, `${JSON.stringify({ ...context, runs }, null, 2)}\n`)
  print(`\nall figures are in ${options.json}`)
  return runs.some(({ daemon, transitions }) => daemon !== 'keepalived' && transitions > 0) ? 1 : 0
}

function describe({ turn, disturbed, gapMs, takeoverMs, lost, floorMs }: Measurement): string {
  const { round, fault, pace, load, daemon } = turn
  const label = `round ${round + 1}  ${fault.name.padEnd(10)} ${pace.name.padEnd(9)} ${load}  ${daemon.padEnd(14)}`
  const figures = `${lost} lost, takeover ${milliseconds(takeoverMs ?? undefined)} ms, client ${milliseconds(floorMs)} ms`
  if (disturbed) return `${label} the VIP moved before the fault`
  return gapMs === null ? `${label} nobody took over` : `${label} gap ${milliseconds(gapMs)} ms (${figures})`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
