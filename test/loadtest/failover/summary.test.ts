import { describe, expect, it } from 'vitest'
import { faults, paces, rowsOf } from '../../../loadtest/failover/plan.ts'
import { distributionOf, standingOf, summarize } from '../../../loadtest/failover/summary.ts'
import { measured } from './measurements.ts'

const rows = rowsOf({ faults, paces, loads: ['idle'] })

describe('distributionOf', () => {
  it('has least, middle, nearest-rank 90 % and greatest', () => {
    expect(distributionOf([10, 1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual({ min: 1, median: 5.5, p90: 9, max: 10 })
  })

  it('of nothing is null', () => {
    expect(distributionOf([])).toBeNull()
  })
})

describe('summarize', () => {
  it('compares the medians of the two', () => {
    const gaps = { proxyha: [90, 100, 110], keepalived: [190, 200, 900] }
    const [row, ...others] = summarize(
      rows,
      Object.entries(gaps).flatMap(([daemon, all]) =>
        all.map((gapMs, round) => measured({ daemon: daemon as 'proxyha', round }, gapMs)),
      ),
    )
    expect(others).toEqual([])
    expect(row?.ratio).toBe(0.5)
    expect(row?.daemons.map(({ daemon, rounds, failures }) => [daemon, rounds, failures])).toEqual([
      ['proxyha', 3, 0],
      ['keepalived', 3, 0],
    ])
  })

  it('counts a round in which nobody took over, and keeps it out of the figures', () => {
    const [row] = summarize(rows, [
      measured({ daemon: 'proxyha' }, 80),
      measured({ daemon: 'proxyha', round: 1 }, null),
    ])
    expect(row?.daemons).toMatchObject([{ rounds: 2, failures: 1, gapsMs: [80], gap: { max: 80 } }])
    expect(row?.ratio).toBeNull()
  })

  it('counts a round in which the VIP moved before the fault apart from those in which nobody took over', () => {
    const early = { ...measured({ daemon: 'proxyha', round: 1 }, null), disturbed: true }
    const [row] = summarize(rows, [measured({ daemon: 'proxyha' }, 80), early])
    expect(row?.daemons).toMatchObject([{ rounds: 2, failures: 0, disturbed: 1, gapsMs: [80] }])
  })

  it('knows the bound of the protocol only where silence is all that the heir has to go by', () => {
    const bounds = faults.map((fault) => summarize(rows, [measured({ daemon: 'proxyha', fault }, 1)])[0]?.boundMs)
    const silent = faults.filter((_fault, at) => bounds[at] !== null).map(({ name }) => name)
    expect(silent).toEqual(['power-off', 'kill', 'freeze', 'link-down'])
  })
})

describe('standingOf', () => {
  it('counts the rows by whether the client could see the difference of the medians', () => {
    const gaps = [
      [100, 100],
      [90, 100],
      [101.9, 100],
      [102, 100],
      [50, null],
    ] as const
    const summaries = gaps.flatMap(([ours, theirs], at) => {
      const fault = faults[at]!
      return summarize(rows, [
        measured({ daemon: 'proxyha', fault }, ours),
        measured({ daemon: 'keepalived', fault }, theirs),
      ])
    })
    expect(standingOf(summaries, 2)).toEqual({ noLonger: 2, withinStep: 1, longer: 1 })
  })
})
