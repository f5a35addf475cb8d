import { layOut } from '../output.ts'
import { countOf, isAsWanted, type Outcome, paceMin } from './outcome.ts'

const header =
  'event | new | failed | 2nd SYN | at a drained node | slowest ms | downloads cut | idle cut | ended with it | told late | pace | '.split(
    ' | ',
  )

const legend = [
  'new: connections begun from the beginning of the event to that of the next, each of which asks once; 2nd SYN: established, but not by their first one.',
  'ended with it: with the proxy that is stopped; in workers mode, with the virtual IP that moves. told late: of those and of the cut ones, later than',
  'within a second. pace: of the new connections that were to be opened in that time.',
]

/** The outcomes as the lines of a table. */
export function drawOutcomes(outcomes: readonly Outcome[]): readonly string[] {
  const slow = outcomes.filter(({ pace }) => pace < paceMin)
  const obstacles = outcomes.flatMap(({ title, obstacle }) => (obstacle === null ? [] : [`${title}: ${obstacle}`]))
  return [
    ...layOut([header, ...outcomes.map(rowOf)]),
    '',
    ...legend,
    ...(slow.length === 0
      ? []
      : [`The generator did not keep its pace at ${slow.length} of ${outcomes.length} events.`]),
    ...obstacles,
  ]
}

function rowOf(outcome: Outcome): readonly string[] {
  return [
    outcome.title,
    `${outcome.opened}`,
    failedCell(outcome.failed),
    `${outcome.waited}`,
    `${outcome.strayed}`,
    outcome.slowestMs.toFixed(0),
    `${outcome.downloadsCut}`,
    `${outcome.idleCut}`,
    `${outcome.endedWithIt}`,
    `${outcome.toldLate}`,
    `${(outcome.pace * 100).toFixed(0)} %`,
    isAsWanted(outcome) ? 'ok' : '!!',
  ]
}

function failedCell(failed: Outcome['failed']): string {
  const kinds = Object.entries(failed).map(([kind, count]) => `${count} ${kind}`)
  return kinds.length === 0 ? '0' : `${countOf(failed)} (${kinds.join(', ')})`
}
