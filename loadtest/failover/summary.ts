import { median, percentile } from '../statistics.ts'
import type { Measurement } from './measure.ts'
import { second } from './network.ts'
import { type Daemon, daemons, masterDownMs, type Row } from './plan.ts'

/** How the values of several rounds lie. */
export interface Distribution {
  readonly min: number
  readonly median: number
  readonly p90: number
  readonly max: number
}

export interface DaemonSummary {
  readonly daemon: Daemon
  readonly rounds: number
  /** Rounds in which the VIP moved before the fault; they are in no figure. */
  readonly disturbed: number
  /** Rounds in which nobody took over; they are in no figure. */
  readonly failures: number
  /** Each round's, in ms. */
  readonly gapsMs: readonly number[]
  readonly gap: Distribution | null
  readonly takeover: Distribution | null
  readonly double: Distribution | null
  /** Connections that failed, of each round. */
  readonly lost: Distribution | null
  /** What the client itself contributes. */
  readonly floor: Distribution | null
}

export interface RowSummary {
  readonly row: Row
  /** The least that the protocol lets pass, where the heir has only silence to go by. */
  readonly boundMs: number | null
  readonly daemons: readonly DaemonSummary[]
  /** proxyha's median gap to keepalived's. */
  readonly ratio: number | null
}

/** How proxyha's medians stand to keepalived's, over the rows that both have. */
export interface Standing {
  readonly noLonger: number
  /** Longer by less than a connection of the client's, which is as far as it sees. */
  readonly withinStep: number
  readonly longer: number
}

/** Null for no values. */
export function distributionOf(values: readonly number[]): Distribution | null {
  const middle = median(values)
  const p90 = percentile(values, 0.9)
  if (middle === undefined || p90 === undefined) return null
  return { min: Math.min(...values), median: middle, p90, max: Math.max(...values) }
}

/** One summary for each row that was measured. */
export function summarize(rows: readonly Row[], measurements: readonly Measurement[]): readonly RowSummary[] {
  return rows.flatMap((row) => {
    const own = measurements.filter(({ turn }) => isOf(turn, row))
    if (own.length === 0) return []
    const summaries = daemons.flatMap((daemon) => summarizeDaemon(daemon, own))
    const medians = bothMedians(summaries)
    return [
      {
        row,
        boundMs: row.fault.silent ? masterDownMs(row.pace, second.priority) : null,
        daemons: summaries,
        ratio: medians === null || medians.theirs === 0 ? null : medians.ours / medians.theirs,
      },
    ]
  })
}

/** Counts the rows by how they compare; `stepMs` is the time between two connections of the client. */
export function standingOf(summaries: readonly RowSummary[], stepMs: number): Standing {
  const excesses = summaries.flatMap(({ daemons }) => {
    const medians = bothMedians(daemons)
    return medians === null ? [] : [medians.ours - medians.theirs]
  })
  const noLonger = excesses.filter((excess) => excess <= 0).length
  const longer = excesses.filter((excess) => excess >= stepMs).length
  return { noLonger, withinStep: excesses.length - noLonger - longer, longer }
}

/** The median gaps of a row that proxyha, in workers mode, and keepalived have, ms. */
function bothMedians(summaries: readonly DaemonSummary[]): { readonly ours: number; readonly theirs: number } | null {
  const medianOf = (name: Daemon) => summaries.find(({ daemon }) => daemon === name)?.gap?.median
  const [ours, theirs] = [medianOf('proxyha'), medianOf('keepalived')]
  return ours === undefined || theirs === undefined ? null : { ours, theirs }
}

function isOf(turn: Row, row: Row): boolean {
  return turn.fault.name === row.fault.name && turn.pace.name === row.pace.name && turn.load === row.load
}

function summarizeDaemon(daemon: Daemon, all: readonly Measurement[]): readonly DaemonSummary[] {
  const own = all.filter(({ turn }) => turn.daemon === daemon)
  if (own.length === 0) return []
  const undisturbed = own.filter(({ disturbed }) => !disturbed)
  const gapsMs = undisturbed.flatMap(({ gapMs }) => gapMs ?? [])
  return [
    {
      daemon,
      rounds: own.length,
      disturbed: own.length - undisturbed.length,
      failures: undisturbed.length - gapsMs.length,
      gapsMs,
      gap: distributionOf(gapsMs),
      takeover: distributionOf(own.flatMap(({ takeoverMs }) => takeoverMs ?? [])),
      double: distributionOf(undisturbed.map(({ doubleMs }) => doubleMs)),
      lost: distributionOf(undisturbed.map(({ lost }) => lost)),
      floor: distributionOf(own.map(({ floorMs }) => floorMs)),
    },
  ]
}
