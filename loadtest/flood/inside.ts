/** The flood inside its sandbox: `node inside.ts OPTIONS-AS-JSON`. Exit code 0, 1 where a client was not served as ever, 130 when cut short. */
import { settleInSandbox } from '../../runtime/lab/sandbox.ts'
import { buildTopology } from '../../runtime/lab/topology.ts'
import { writeResult } from '../failover/results.ts'
import { Stage } from '../group/stage.ts'
import { Attack, layRoutes, topology } from './attack.ts'
import type { FloodOptions } from './options.ts'
import { holds, type Measurement, phases } from './plan.ts'
import { drawMeasurements } from './report.ts'

/** What the flood is compared with takes this part of its time. */
const comparedShare = 6

settleInSandbox(() => process.exit(130))
process.exitCode = await run(JSON.parse(process.argv[2] ?? '') as FloodOptions)
// The kernel ends all that was started: this process is PID 1 of the sandbox.
process.exit()

async function run({ seconds, rate, modes, json }: FloodOptions): Promise<number> {
  buildTopology(topology)
  layRoutes()
  const measurements: Measurement[] = []
  for (const mode of modes) {
    const stage = new Stage(mode)
    await stage.open()
    const attack = new Attack(stage)
    await attack.connect()
    for (const phase of phases) {
      const phaseSeconds = phase === 'flood' ? seconds : Math.ceil(seconds / comparedShare)
      const measurement = await attack.measure(phase, phaseSeconds, rate)
      measurements.push(measurement)
      print(JSON.stringify(measurement))
    }
    await attack.hangUp()
    await stage.close()
  }
  print(['', ...drawMeasurements(measurements)].join('\n'))
  writeResult(json, `${JSON.stringify({ seconds, rate, measurements }, null, 2)}\n`)
  print(`\nall figures are in ${json}`)
  return holds(measurements) ? 0 : 1
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
