import { layOut } from '../table.ts'
import { happenings, type Mode, modes, type Outcome } from './plan.ts'

/** The outcomes as the lines of a table: a happening per line, a mode per column, the sum over the rounds. */
export function drawOutcomes(outcomes: readonly Outcome[]): readonly string[] {
  const header = ['connections lost', ...modes.map((mode) => `${mode} mode`)]
  const rows = happenings.map(({ name, title }) => [
    title,
    ...modes.map((mode) => cellOf(outcomes.filter((one) => one.happening === name && one.mode === mode))),
  ])
  return layOut([header, ...rows])
}

function cellOf(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return '-'
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0)
  const [opened, lost, survivors] = [
    sum(({ opened }) => opened),
    sum(({ lost }) => lost),
    sum((one) => one.lostOnSurvivors),
  ]
  const dead = lost - survivors
  return dead === 0 ? `${lost} of ${opened}` : `${survivors} and ${dead} that ended on the dead, of ${opened}`
}

/** Whether kernel mode kept what it promises: every connection that ends on a node which lives. */
export const holds = (outcomes: readonly Outcome[], mode: Mode = 'kernel'): boolean =>
  outcomes.every((outcome) => outcome.mode !== mode || outcome.lostOnSurvivors === 0)
