/** What is said of rounds and of what they violated. Pure. */
import type { TimelineEntry } from '../../actors/inspector/messages.ts'
import type { Mode } from '../group/network.ts'
import { layOut } from '../output.ts'
import type { RoundSeen, Violation } from './observations.ts'
import { describeFault, type Round, writeFault } from './plan.ts'

/** Entries of the group's timeline that are told with a violation. */
const ENTRIES_MAX = 60

/** What can be repeated. */
export interface Run {
  readonly seed: number
  readonly mode: Mode
  /** Of faults in each plan. */
  readonly seconds: number
  /** Only these kinds; null: all. */
  readonly only: readonly string[] | null
}

/** The command that plays the plan once more. */
function commandOf({ seed, mode, seconds, only }: Run): string {
  const chosen = only === null ? '' : ` --only '${only.join(',')}'`
  return `npm run chaos -- --seed ${seed} --plans 1 --seconds ${seconds} --mode ${mode}${chosen}`
}

export const describeRound = ({ faults }: Round): string => faults.map(describeFault).join('; ')

const secondsFrom = (atMs: number, beganMs: number): string => `${((atMs - beganMs) / 1000).toFixed(2).padStart(7)} s`

/** A line for a round that is over. */
export function summaryOf(round: RoundSeen): string {
  const { beganMs, settledMs, cleanMs, losses, failures, answered, moves } = round
  const at = (ms: number | null) => (ms === null ? 'never' : `${((ms - beganMs) / 1000).toFixed(1)} s`)
  return `at rest after ${at(settledMs)}, clean after ${at(cleanMs)}; ${answered} answered, ${failures.length} not, ${losses.length} kept ones ended, ${moves.length} moved`
}

/** A violation, what befell the group and what it says of it, and how to repeat it: times are those of the round. */
export function describeViolations(violations: readonly Violation[], round: RoundSeen, run: Run): readonly string[] {
  const { beganMs } = round
  const laid = round.faults.flatMap(({ planned, host, appliedMs, healedMs }) => [
    { atMs: appliedMs, text: `fault: ${planned.name} at ${host}` },
    { atMs: healedMs, text: `healed: ${planned.name} at ${host}` },
  ])
  return [
    `seed ${run.seed}, ${run.mode} mode: ${violations.length} violated`,
    ...violations.flatMap(({ invariant, expected, seen, atMs }) => [
      `  ${secondsFrom(atMs, beganMs)}  ${invariant}`,
      `              expected: ${expected}`,
      `              seen:     ${seen}`,
    ]),
    'what befell the group:',
    ...laid
      .toSorted((one, other) => one.atMs - other.atMs)
      .map(({ atMs, text }) => `  ${secondsFrom(atMs, beganMs)}  ${text}`),
    'what the group says of it:',
    ...entriesOf(round).map(({ at, words }) => `  ${at.slice(11, 23)}  ${words}`),
    `again: ${commandOf(run)}`,
    `this round alone: npm run chaos -- --round '${round.faults.map(({ planned }) => writeFault(planned)).join(';')}' --mode ${run.mode}`,
  ]
}

/** What several nodes say in the same words is told once. */
function entriesOf({ timeline, beganMs, endedMs }: RoundSeen): readonly TimelineEntry[] {
  const newest = Math.max(...timeline.map(({ at }) => Date.parse(at)), 0)
  const since = newest - (endedMs - beganMs)
  const said = new Set<string>()
  return timeline
    .filter(({ at, words }) => {
      const sentence = `${at.slice(0, 18)} ${words}`
      const isNew = Date.parse(at) >= since && !said.has(sentence)
      said.add(sentence)
      return isNew
    })
    .slice(-ENTRIES_MAX)
}

/** How often each kind was laid, and how often a round with it violated something. */
export function drawCounts(
  counts: ReadonlyMap<string, { readonly laid: number; readonly violated: number }>,
): readonly string[] {
  const rows = [...counts].toSorted(([one], [other]) => one.localeCompare(other))
  return layOut([
    ['fault', 'laid', 'in a round that violated'],
    ...rows.map(([name, { laid, violated }]) => [name, `${laid}`, `${violated}`]),
  ])
}
