import { describe, expect, test } from 'vitest'
import { describeElector } from '../../../../actors/elector/description.ts'
import type { ElectorOptions } from '../../../../actors/elector/options.ts'
import { Bench, v2, v3 } from '../bench.ts'

const HOLD_OFF_MS = 5000
/** Adverts of 100 ms: the master-down interval, 361 ms, is over long before a table can have arrived. */
const fast: ElectorOptions = { ...v3, advertIntervalCs: 10, holdOffMs: HOLD_OFF_MS }
const holdOffOf = (bench: Bench) => describeElector(bench.state, bench.nowMs).holdOffMs

/** Started, with a director of lower priority that advertises every 100 ms until `untilMs` after the start. */
function besideLowerDirector(options: ElectorOptions, untilMs: number): Bench {
  const bench = new Bench(options).started()
  const startedMs = bench.nowMs
  while (bench.label === 'BACKUP' && bench.nowMs - startedMs < untilMs) {
    bench.hear({ priority: 50, advertIntervalCs: 10 }, 100)
    const due = bench.running.get('masterDown')
    if (due !== undefined && due.dueMs <= bench.nowMs + 100) {
      bench.expire('masterDown')
      if (bench.effects.some(({ type }) => type === 'drain')) bench.drained()
    }
  }
  return bench
}

describe('a node of higher priority that has just started', () => {
  test('leaves the director alone until its assignment is here, and preempts at once then', () => {
    const bench = besideLowerDirector(fast, 2000)
    expect(bench.label).toBe('BACKUP')
    expect(holdOffOf(bench)).toBe(bench.state.holdOffUntilMs! - bench.nowMs)
    expect(holdOffOf(bench)).toBeGreaterThan(2900)
    expect(bench.feed({ type: 'caughtUp' }).remaining('masterDown')).toBe(0)
    expect(holdOffOf(bench)).toBeNull()
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('preempts when the hold-off ends, although there is no table (a keepalived has none)', () => {
    expect(besideLowerDirector(fast, HOLD_OFF_MS - 200).label).toBe('BACKUP')
    const bench = besideLowerDirector(fast, HOLD_OFF_MS + 200)
    expect(bench.label).toBe('MASTER')
    expect(bench.state.holdOffUntilMs).toBeNull()
  })

  test('loses no time where the table is here before the master-down interval is over', () => {
    const bench = new Bench(fast).started().hear({ priority: 50 }, 100).feed({ type: 'caughtUp' })
    expect(bench.effects).toEqual([])
    expect(bench.remaining('masterDown')).toBeCloseTo(360.9375 - 100)
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('is not held off where nobody is director (rule 9)', () => {
    expect(new Bench(fast).started().expire('masterDown').drained().label).toBe('MASTER')
  })

  test('rule 13: takes over when the director falls silent meanwhile', () => {
    const bench = besideLowerDirector(fast, 1000)
    expect(bench.label).toBe('BACKUP')
    const diedMs = bench.nowMs
    while (!bench.effects.some(({ type }) => type === 'drain')) bench.expire('masterDown')
    expect(bench.drained().label).toBe('MASTER')
    expect(bench.nowMs - diedMs).toBeLessThanOrEqual(361)
  })

  test('rule 10: takes over after its skew when the director resigns meanwhile', () => {
    const bench = besideLowerDirector(fast, 1000).hear({ priority: 0 })
    expect(bench.remaining('masterDown')).toBeCloseTo(60.9375)
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('respects a director of higher priority as ever', () => {
    const bench = besideLowerDirector(fast, 1000).hear({ priority: 200, advertIntervalCs: 10 })
    expect(bench.remaining('masterDown')).toBeCloseTo(360.9375)
    expect(holdOffOf(bench)).toBeNull()
    expect(bench.feed({ type: 'caughtUp' }).effects).toEqual([])
  })

  test('says once what it waits for', () => {
    const bench = new Bench(fast).started().hear({ priority: 50 }, 300)
    expect(bench.expire('masterDown').lines()).toEqual([
      "VRRP_Instance(51) preempts when the director's assignment has arrived, in 4639 ms at the latest",
    ])
    expect(bench.hear({ priority: 50 }, 100).expire('masterDown').lines()).toEqual([])
  })
})

test('only a start is held off: who has been director once preempts as ever', () => {
  const bench = new Bench(fast).promoted().hear({ priority: 200 }).hear({ priority: 50 }, 10)
  expect(bench.expire('masterDown').drained().label).toBe('MASTER')
})

test('the owner is never held off (rule 13)', () => {
  expect(new Bench({ ...v2, priority: 255, holdOffMs: HOLD_OFF_MS }).started().label).toBe('MASTER')
  expect(new Bench({ ...v2, priority: 255, holdOffMs: HOLD_OFF_MS }).started().state.holdOffUntilMs).toBeNull()
})

describe('a process that has not settled yet', () => {
  const settledAfterMs = 2500
  const started = (): Bench => {
    const { nowMs } = new Bench(fast)
    return new Bench({ ...fast, settledAtMs: nowMs + settledAfterMs }).started()
  }

  test('does not take silence since its start for the absence of a master: it may have been busy itself', () => {
    const bench = started()
    const startedMs = bench.nowMs
    expect(bench.expire('masterDown').label).toBe('BACKUP')
    expect(bench.effects.map(({ type }) => type)).not.toContain('drain')
    expect(bench.running.get('masterDown')!.dueMs).toBe(startedMs + settledAfterMs)
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('takes over at once from a master that it heard, and that resigns or falls silent', () => {
    const resigned = started().hear({ priority: 150 }, 10).hear({ priority: 0 }, 10)
    expect(resigned.expire('masterDown').drained().label).toBe('MASTER')
    const silent = started().hear({ priority: 150 }, 10)
    expect(silent.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('leaves a lower director alone although it has caught up', () => {
    const bench = started()
    const settledMs = bench.nowMs + settledAfterMs
    bench.feed({ type: 'caughtUp' })
    while (bench.label === 'BACKUP' && bench.nowMs < settledMs + 1000) {
      bench.hear({ priority: 50, advertIntervalCs: 10 }, 100)
      const due = bench.running.get('masterDown')
      if (due === undefined || due.dueMs > bench.nowMs + 100) continue
      bench.expire('masterDown')
      if (bench.effects.some(({ type }) => type === 'drain')) bench.drained()
    }
    expect(bench.label).toBe('MASTER')
    expect(bench.nowMs).toBeGreaterThanOrEqual(settledMs)
    expect(bench.nowMs).toBeLessThan(settledMs + 200)
  })
})
