/**
 * The lab itself, inside its sandbox: `node inside.ts [--once] [--squid]`. Builds the group, gives the tour, and then
 * stays live until it is told to end. Exit code 0, or 1 when a step of the tour did not happen, 130 when it was cut short.
 */
import type { Server } from 'node:net'
import { parseArgs } from 'node:util'
import { Group } from './group.ts'
import { stayLive } from './live.ts'
import { gateways } from './plan.ts'
import { liveScreen, plainScreen, type Screen } from './screen.ts'
import { settleInSandbox } from './testbed/sandbox.ts'
import { formatMoment, Timeline } from './timeline.ts'
import { runTour, type Tour } from './tour.ts'
import { monotonicMs } from './traffic.ts'

const { values } = parseArgs({
  options: { once: { type: 'boolean', default: false }, squid: { type: 'boolean', default: false } },
})
const exitCodes = { passed: 0, failed: 1, interrupted: 130 } as const
const logLinesShown = 15

const ending = Promise.withResolvers<void>()
let ended = false
settleInSandbox(() => {
  ended = true
  ending.resolve()
})

const timeline: Timeline = new Timeline(monotonicMs, (moment) => screen.moment(moment))
const group = new Group(timeline, values.squid)
const live = process.stdout.isTTY && !values.once
const hint = 'k: director off, or on   p: a proxy off, or on   q: quit'
const screen: Screen = live
  ? liveScreen(
      process.stdout,
      () => group,
      () => timeline,
      hint,
    )
  : plainScreen(process.stdout, () => group)

const code = await Promise.race([
  show(),
  ending.promise.then(() => (values.once ? exitCodes.interrupted : exitCodes.passed)),
])
screen.close()
if (live) process.stdout.write(`${timeline.moments.map(formatMoment).join('\n')}\n`)
// The kernel ends what is left: this process is PID 1 of the sandbox.
process.exit(code)

async function show(): Promise<number> {
  group.start()
  process.on('message', (host: string, server: Server) => void group.openPage(host, server))
  const tour: Tour = { group, timeline, homes: new Map() }
  const failed = await runTour(tour, () => ended)
  if (failed !== undefined && !live) {
    tellWhatTheySaid()
    return exitCodes.failed
  }
  if (values.once) {
    timeline.add('passed', 'the tour is complete')
    return exitCodes.passed
  }
  await stayLive(tour, ending.promise)
  return failed === undefined ? exitCodes.passed : exitCodes.failed
}

function tellWhatTheySaid(): void {
  for (const { host } of gateways) {
    const lines = group.logOf(host, logLinesShown)
    process.stderr.write(`\nlast lines of ${host}:\n${lines.map((line) => `  ${line}\n`).join('')}`)
  }
}
