import { type Mode, modes } from '../group/network.ts'
import { layOut } from '../output.ts'
import { happenings, type Outcome } from './happenings.ts'

/** The outcomes as the lines of a table: a happening per line, two columns for each mode, the sum over the rounds. */
export function drawOutcomes(outcomes: readonly Outcome[]): readonly string[] {
  const header = ['', ...modes.flatMap((mode) => [`${mode}: lost`, 'new: failed, waited'])]
  const rows = happenings.map(({ name, title }) => [
    title,
    ...modes.flatMap((mode) => {
      const own = outcomes.filter((one) => one.happening === name && one.mode === mode)
      return [lostCell(own), newCell(own)]
    }),
  ])
  return [
    ...layOut([header, ...rows]),
    '',
    'lost: of the connections that were open. new: begun meanwhile by the same clients; waited: for a second SYN.',
  ]
}

function lostCell(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return '-'
  const [opened, lost] = [total(outcomes, 'opened'), total(outcomes, 'lost')]
  const survivors = total(outcomes, 'lostOnSurvivors')
  const dead = lost - survivors
  return dead === 0 ? `${lost} of ${opened}` : `${survivors} and ${dead} that ended on the dead, of ${opened}`
}

function newCell(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return '-'
  return `${total(outcomes, 'failed')}, ${total(outcomes, 'waited')} of ${total(outcomes, 'begun')}`
}

function total(
  outcomes: readonly Outcome[],
  figure: 'opened' | 'lost' | 'lostOnSurvivors' | 'begun' | 'failed' | 'waited',
): number {
  return outcomes.reduce((sum, outcome) => sum + outcome[figure], 0)
}

/**
 * Whether kernel mode kept what it promises: every connection that ends on a node which lives, and every new one at its first SYN, but
 * for those that are begun while nobody has taken the place of a dead director.
 */
export const holds = (outcomes: readonly Outcome[], mode: Mode = 'kernel'): boolean =>
  outcomes.every(
    ({ mode: own, happening, lostOnSurvivors, failed, waited }) =>
      own !== mode || (lostOnSurvivors === 0 && (happening === 'death' || failed + waited === 0)),
  )
