import { layOut } from '../output.ts'
import { connectEveryMs } from './plan.ts'
import type { QuietRun } from './quiet-run.ts'
import { type Distribution, type RowSummary, standingOf } from './summary.ts'

const header =
  'pace      load  daemon | gap min | median | p90 | max | ratio | takeover | both hold | lost | lost max | client | bound | failed | disturbed'.split(
    ' | ',
  )

/** What the columns mean. */
export const legend = [
  'ms. gap: longest time between the beginnings of two connections in a row that succeeded; ratio: of the medians, proxyha to keepalived.',
  'takeover: until the heir has the VIP; both hold: both nodes have it, at most 3.5 s are watched (medians, late by the reading of events).',
  'lost: connections begun since the fault that were refused, or whose SYN had no answer within 900 ms (median and max). proxyha-kernel: at a redirect in kernel mode.',
  'client: the longest gap in the second before the fault (max); bound: Master_Down_Interval; failed: rounds in which nobody took over; disturbed: in which the VIP moved before the fault.',
  "The service behind the VIP is the host's own on both sides: after kill -9 and SIGSTOP it answers as long as the address is there.",
]

/** The rows as one table per fault. */
export function drawRows(summaries: readonly RowSummary[]): readonly string[] {
  const faults = [...new Map(summaries.map(({ row }) => [row.fault.name, row.fault])).values()]
  return faults.flatMap(({ name, title }) => {
    const rows = summaries.filter(({ row }) => row.fault.name === name).flatMap(cellsOf)
    return ['', `${name}: ${title}`, ...layOut([header, ...rows]).map((line) => `  ${line}`)]
  })
}

function cellsOf({ row, daemons, ratio, boundMs }: RowSummary): readonly (readonly string[])[] {
  return daemons.map(({ daemon, rounds, failures, disturbed, gap, takeover, double, lost, floor }) => [
    `${row.pace.name.padEnd(9)} ${row.load}  ${daemon}`,
    ...gapCells(gap),
    daemon === 'proxyha' && ratio !== null ? ratio.toFixed(2) : '',
    milliseconds(takeover?.median),
    milliseconds(double?.median),
    `${lost?.median ?? '-'}`,
    `${lost?.max ?? '-'}`,
    milliseconds(floor?.max),
    milliseconds(boundMs ?? undefined),
    `${failures}/${rounds}`,
    `${disturbed}`,
  ])
}

function gapCells(gap: Distribution | null): readonly string[] {
  return [gap?.min, gap?.median, gap?.p90, gap?.max].map(milliseconds)
}

/** One line on all rows that both daemons have. */
export function drawStanding(summaries: readonly RowSummary[]): string {
  const { noLonger, withinStep, longer } = standingOf(summaries, connectEveryMs)
  return `proxyha's median gap beside keepalived's: no longer in ${noLonger} rows, longer by less than the client's step of ${connectEveryMs} ms in ${withinStep}, longer in ${longer}`
}

/** The quiet runs as one table. */
export function drawQuietRuns(runs: readonly QuietRun[]): readonly string[] {
  const rows = runs.map(({ daemon, pace, load, minutes, transitions, acquisitions, longestGapMs }) => [
    `${pace.name.padEnd(9)} ${load}  ${daemon}`,
    `${minutes}`,
    `${transitions}`,
    `${acquisitions}`,
    milliseconds(longestGapMs),
  ])
  return ['', 'left alone', ...layOut([['', 'minutes', 'transitions', 'VIP moved', 'longest gap ms'], ...rows])]
}

/** One decimal below 100 ms. */
export function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(value < 100 ? 1 : 0)
}
