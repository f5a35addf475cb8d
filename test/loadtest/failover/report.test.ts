import { expect, it } from 'vitest'
import { faults, paces, rowsOf } from '../../../loadtest/failover/plan.ts'
import { drawQuietRuns, drawRows } from '../../../loadtest/failover/report.ts'
import { summarize } from '../../../loadtest/failover/summary.ts'
import { measured } from './measurements.ts'

const rows = rowsOf({ faults, paces, loads: ['idle'] })
const cellsOf = (line: string | undefined) => line?.trim().replace(/\s+/g, ' ')

it('the table has the daemons, what was lost, the ratio once, and the rounds in which nobody took over', () => {
  const lines = drawRows(
    summarize(rows, [
      measured({ daemon: 'proxyha' }, 50),
      measured({ daemon: 'keepalived' }, 100),
      measured({ daemon: 'keepalived', round: 1 }, null),
    ]),
  )
  expect(lines[1]).toBe('power-off: cable cut and kill -9')
  expect(cellsOf(lines[3])).toBe('v2-1s idle proxyha 50.0 50.0 50.0 50.0 0.50 49.0 0.0 0 0 2.5 3652 0/1 0')
  expect(cellsOf(lines[4])).toBe('v2-1s idle keepalived 100 100 100 100 99.0 0.0 0 0 2.5 3652 1/2 0')
  expect(lines).toHaveLength(5)
})

it('the quiet runs have their transitions', () => {
  const run = { daemon: 'proxyha', pace: paces[3], load: 'busy', minutes: 2, transitions: 1, acquisitions: 3 } as const
  const [, , , line] = drawQuietRuns([{ ...run, longestGapMs: 12.34 }])
  expect(cellsOf(line)).toBe('v3-10ms busy proxyha 2 1 3 12.3')
})
