/** What a comparison came to: the table on screen, the figures in a file, and the plot where it is wanted. */
import { readFileSync } from 'node:fs'
import { print, saveFigures, writeResult } from '../output.ts'
import type { Measurement } from './measure.ts'
import { faults, loads, paces, rowsOf } from './plan.ts'
import { plotGaps } from './plot.ts'
import { drawRows, drawStanding, legend } from './report.ts'
import { type RowSummary, summarize } from './summary.ts'

export interface ResultFiles {
  readonly json: string
  /** Where the plot goes; null = no plot. */
  readonly svg: string | null
}

/** When and where was measured. */
export interface Circumstances {
  readonly startedAt: string
  readonly machine: { readonly cores: number }
}

interface Run extends Circumstances {
  readonly measurements: readonly Measurement[]
}

/** Prints the table and writes the files. The summary of each row that was measured. */
export function showGaps(
  measurements: readonly Measurement[],
  of: Circumstances,
  files: ResultFiles,
): readonly RowSummary[] {
  const summaries = summarize(rowsMeasured(measurements), measurements)
  print(...drawRows(summaries), '', ...legend, '', drawStanding(summaries), '')
  saveFigures(files.json, { ...of, summaries, measurements })
  if (files.svg === null) return summaries
  const rounds = Math.max(...measurements.map(({ turn }) => turn.round + 1))
  const subtitle = `A dot is a round (of ${rounds}), a tick and a figure (ms) the median, a dashed line the protocol's own bound. ${of.machine.cores} cores, a connection every 2 ms, ${of.startedAt.slice(0, 10)}.`
  writeResult(files.svg, plotGaps(summaries, subtitle))
  print(`the plot is in ${files.svg}`)
  return summaries
}

/** The measurements of earlier runs together, under the circumstances of the first. @throws Error for a file that is none of theirs */
export function readRuns(paths: readonly string[]): Run {
  const runs = paths.map((path): Run => {
    const run = JSON.parse(readFileSync(path, 'utf8')) as Partial<Run>
    const { startedAt, machine, measurements } = run
    if (startedAt === undefined || machine === undefined || !Array.isArray(measurements)) {
      throw new Error(`${path}: not the figures of a run that compared gaps`)
    }
    return { startedAt, machine, measurements }
  })
  const [first] = runs
  if (first === undefined) throw new Error('no file was given')
  return { ...first, measurements: runs.flatMap(({ measurements }) => measurements) }
}

function rowsMeasured(measurements: readonly Measurement[]) {
  const keyOf = ({ fault, pace, load }: Pick<Measurement['turn'], 'fault' | 'pace' | 'load'>) =>
    `${fault.name} ${pace.name} ${load}`
  const measured = new Set(measurements.map(({ turn }) => keyOf(turn)))
  return rowsOf({ faults, paces, loads }).filter((row) => measured.has(keyOf(row)))
}
