/** Maintenance inside its sandbox: `node inside.ts OPTIONS-AS-JSON`. Exit code 0, 1 where clients noticed it, 130 when cut short. */
import { settleInSandbox } from '../../runtime/lab/sandbox.ts'
import { buildTopology, setHostParameter } from '../../runtime/lab/topology.ts'
import { writeResult } from '../failover/results.ts'
import { group, topology } from '../group/network.ts'
import { maintain } from './maintain.ts'
import type { MaintenanceOptions } from './options.ts'
import { type Course, isAsWanted, outcomeOf } from './outcome.ts'
import { drawOutcomes } from './report.ts'

settleInSandbox(() => process.exit(130))
process.exitCode = await run(JSON.parse(process.argv[2] ?? '') as MaintenanceOptions)
// The kernel ends all that was started: this process is PID 1 of the sandbox.
process.exit()

async function run({ minutes, modes, parts, json }: MaintenanceOptions): Promise<number> {
  buildTopology(topology)
  // Clients that close first leave each connection of a director in workers mode in TIME_WAIT, 48,000 at this rate; the kernel would search
  // longer for a port that is free than the connection lasts.
  for (const { host } of group) setHostParameter(host, 'ipv4/tcp_tw_reuse', '1')
  const courses: Course[] = []
  for (const mode of modes) {
    const own = await maintain(mode, parts, minutes, (title) => print(`${mode}: ${title}`))
    courses.push(...own)
    print(['', `${mode} mode`, ...drawOutcomes(own.map(outcomeOf)), ''].join('\n'))
  }
  const outcomes = courses.map((course) => ({ mode: course.mode, ...outcomeOf(course) }))
  writeResult(json, `${JSON.stringify({ minutes, outcomes, courses }, null, 2)}\n`)
  print(`all figures are in ${json}`)
  return outcomes.every(isAsWanted) ? 0 : 1
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
