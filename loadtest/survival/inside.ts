/** The table inside its sandbox: `node inside.ts OPTIONS-AS-JSON`. Exit code 0, 1 where kernel mode lost what it must keep, 130 when cut short. */
import { settleInSandbox } from '../../runtime/lab/sandbox.ts'
import { buildTopology } from '../../runtime/lab/topology.ts'
import { writeResult } from '../failover/results.ts'
import { topology } from '../group/network.ts'
import { Stage } from '../group/stage.ts'
import { Clients } from './clients.ts'
import { performHappening } from './happenings.ts'
import type { SurvivalOptions } from './options.ts'
import { happenings, type Outcome } from './plan.ts'
import { drawOutcomes, holds } from './report.ts'

settleInSandbox(() => process.exit(130))
process.exitCode = await run(JSON.parse(process.argv[2] ?? '') as SurvivalOptions)
// The kernel ends all that was started: this process is PID 1 of the sandbox.
process.exit()

async function run({ rounds, modes, json }: SurvivalOptions): Promise<number> {
  buildTopology(topology)
  const outcomes: Outcome[] = []
  for (let round = 0; round < rounds; round++) {
    for (const mode of modes) {
      const stage = new Stage(mode)
      await stage.open()
      const clients = new Clients(stage)
      for (const { name, title } of happenings) {
        const outcome = { mode, happening: name, ...(await performHappening(stage, clients, name)) }
        outcomes.push(outcome)
        print(describe(title, outcome))
      }
      await clients.close()
      await stage.close()
    }
  }
  print(['', ...drawOutcomes(outcomes)].join('\n'))
  writeResult(json, `${JSON.stringify({ outcomes }, null, 2)}\n`)
  print(`\nall figures are in ${json}`)
  return holds(outcomes) ? 0 : 1
}

function describe(title: string, outcome: Outcome): string {
  const { mode, opened, lost, lostOnSurvivors, failures, begun, failed, waited } = outcome
  const ways = Object.entries(failures).map(([what, count]) => `${count} ${what}`)
  const how = ways.length === 0 ? '' : ` (${ways.join(', ')})`
  const fresh = `${failed} of ${begun} new ones failed, ${waited} waited`
  return `${mode}: ${title}: ${lost} of ${opened} lost, ${lostOnSurvivors} of them on nodes that live; ${fresh}${how}`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
