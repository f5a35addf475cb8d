import { buildTopology } from '../../runtime/lab/testbed/topology.ts'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import { SeededRandom } from '../../test/fakes/random.ts'
import { type Mode, modes } from '../group/network.ts'
import { chosenOf, defineLoadTest, numberOf, resultFile } from '../load-test.ts'
import { print, saveFigures } from '../output.ts'
import type { PlannedFault } from './costs.ts'
import { faults } from './faults/all.ts'
import { violationsOf } from './invariants/all.ts'
import type { RoundSeen, Violation } from './observations.ts'
import { Observer } from './observer.ts'
import { drawPlan, type Plan, type Round, readFault } from './plan.ts'
import { playRound } from './play.ts'
import { describeRound, describeViolations, drawCounts, type Run, summaryOf } from './report.ts'
import { Scene, topology } from './scene.ts'

const SEED_MAX = 2 ** 32 - 1
const MS_PER_MINUTE = 60_000

interface Options {
  readonly seed: number
  readonly minutes: number
  readonly plans: number
  readonly seconds: number
  readonly modes: readonly Mode[]
  readonly only: readonly string[] | null
  /** Played in the place of what is drawn. */
  readonly round: Round | null
  readonly goOn: boolean
  readonly json: string
}

/** Exit code 1 where something was violated. */
export const loadTest = defineLoadTest({
  usage: `npm run chaos -- [options]

Faults befall a group of three under traffic that is looked at byte by byte, alone and two at a time, as a seed draws them. Exit code 1
where something was violated that must hold, with the command that repeats it. A plan is drawn from each seed: from the one that is
given, the next one, and so on.

  --seed N         the first seed (1)
  --minutes M      plans are begun until so many minutes are over (2), those of the start of the group included
  --plans N        as many plans instead
  --seconds S      of faults in each plan (30)
  --mode NAME      only kernel or workers
  --only NAMES     only these faults, with commas between them
  --round FAULTS   only these, as a violation has them, as often as there are plans
  --go-on          also after a violation
  --list           what there is
  --json FILE      where all that was seen of rounds with a violation goes (loadtest/results/chaos.json)
`,
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '2' },
    plans: { type: 'string' },
    seconds: { type: 'string', default: '30' },
    mode: { type: 'string' },
    only: { type: 'string' },
    round: { type: 'string' },
    'go-on': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    json: { type: 'string', default: resultFile('chaos') },
  },
  interpret({ seed, minutes, plans: planned, seconds, mode, only, round, list, json, 'go-on': goOn }): Options {
    if (list) throw new Error(faults.map(({ name }) => name).join('\n'))
    const plans = planned ?? (round === undefined ? undefined : '1')
    return {
      seed: numberOf('--seed', seed, 0, SEED_MAX),
      minutes: plans === undefined ? numberOf('--minutes', minutes, 0.1, 10_000, false) : Number.MAX_SAFE_INTEGER,
      plans: plans === undefined ? Number.MAX_SAFE_INTEGER : numberOf('--plans', plans),
      seconds: numberOf('--seconds', seconds),
      modes: chosenOf('--mode', mode, modes),
      only: only === undefined ? null : chosenOf('--only', only.split(','), faults).map(({ name }) => name),
      round: round === undefined ? null : { faults: round.split(';').map(faultOf) },
      goOn,
      json,
    }
  },
  async run(options) {
    buildTopology(topology)
    const counts = new Map<string, { laid: number; violated: number }>()
    const violated: object[] = []
    for (const mode of options.modes) {
      const isLast = mode === options.modes.at(-1)
      const isOver = await playMode(mode, options, isLast, (played) => {
        const { round, violations } = played
        for (const { name } of round.faults) {
          const { laid, violated } = counts.get(name) ?? { laid: 0, violated: 0 }
          counts.set(name, { laid: laid + 1, violated: violated + (violations.length > 0 ? 1 : 0) })
        }
        if (violations.length > 0) violated.push(played)
      })
      if (isOver) break
    }
    print('', ...drawCounts(counts), '')
    if (violated.length > 0) saveFigures(options.json, violated)
    return violated.length > 0 ? 1 : 0
  },
})

/** A round that is over, with what gateways and servers said last where something was violated. */
interface PlayedRound {
  readonly run: Run
  readonly round: Round
  readonly seen: RoundSeen
  readonly violations: readonly Violation[]
  readonly log: readonly string[]
}

type Played = (played: PlayedRound) => void

/** Plans, one after the other, on one group. Whether all is over, for a violation. `isLast`: the group ends with the sandbox, and in no order. */
async function playMode(mode: Mode, options: Options, isLast: boolean, played: Played): Promise<boolean> {
  const endMs = monotonicMs() + options.minutes * MS_PER_MINUTE
  const { only, seconds, round } = options
  const kinds = only === null ? faults : faults.filter(({ name }) => only.includes(name))
  const scene = new Scene(mode)
  await scene.open()
  const observer = new Observer(scene)
  try {
    for (let index = 0; index < options.plans && monotonicMs() < endMs; index++) {
      const seed = options.seed + index
      const plan =
        round === null ? drawPlan(seed, new SeededRandom(seed), kinds, mode, seconds * 1000) : { seed, rounds: [round] }
      const { goOn, plans } = options
      // The command looks at the host as well, and costs more than to ask the gateway: of plans that are counted, after the last.
      const runsDoctor = plans === Number.MAX_SAFE_INTEGER || index === plans - 1
      const run: Run = { seed, mode, seconds, only }
      if (await playPlan(plan, run, { scene, observer, goOn, runsDoctor, played })) return true
    }
    return false
  } finally {
    await observer.stop()
    if (!isLast) await scene.close()
  }
}

/** @throws Error for what is no fault */
function faultOf(text: string): PlannedFault {
  const fault = readFault(text)
  if (fault === undefined) throw new Error(`--round: ${text} is not NAME@NODE+AFTER/LASTS/CHANCE`)
  chosenOf('--round', fault.name, faults)
  return fault
}

interface Playing {
  readonly scene: Scene
  readonly observer: Observer
  /** Also after a violation. */
  readonly goOn: boolean
  /** At the end. */
  readonly runsDoctor: boolean
  readonly played: Played
}

/** Whether all is over, for a violation. */
async function playPlan(
  { rounds }: Plan,
  run: Run,
  { scene, observer, goOn, runsDoctor, played }: Playing,
): Promise<boolean> {
  print(`seed ${run.seed}, ${run.mode} mode: ${rounds.length} rounds`)
  for (const round of rounds) {
    print(`  ${describeRound(round)}`)
    const seen = await playRound(round, faults, scene, observer, runsDoctor && round === rounds.at(-1))
    const violations = violationsOf(seen)
    print(`    ${summaryOf(seen)}`)
    played({ run, round, seen, violations, log: violations.length > 0 ? scene.lastLines() : [] })
    if (violations.length === 0) continue
    print(...describeViolations(violations, seen, run))
    // A group that does not come to rest is not one to go on with.
    if (!goOn || seen.settledMs === null) return true
  }
  return false
}
