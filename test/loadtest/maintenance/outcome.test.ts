import { describe, expect, test } from 'vitest'
import type { Failure, Tally } from '../../../loadtest/group/new-connections.ts'
import type { Cut } from '../../../loadtest/maintenance/kept-connections.ts'
import { type Course, eventOf, isAsWanted, type Outcome, outcomeOf } from '../../../loadtest/maintenance/outcome.ts'
import type { MaintenanceEvent } from '../../../loadtest/maintenance/plan.ts'
import { drawOutcomes } from '../../../loadtest/maintenance/report.ts'

const event = (fields: Partial<MaintenanceEvent> = {}): MaintenanceEvent => ({
  part: 'failover',
  title: 'failover 1',
  movesVip: true,
  bringAbout: async () => {},
  ...fields,
})
const tally = (fields: Partial<Tally> = {}): Tally => ({
  period: 0,
  opened: 800,
  expected: 800,
  waited: 0,
  strayed: 0,
  slowestMs: 3,
  failures: [],
  ...fields,
})
const cut = (fields: Partial<Cut> = {}): Cut => ({
  kind: 'download',
  node: 'node1',
  failure: 'ECONNRESET',
  aliveMs: 4900,
  toldMs: 5000,
  ...fields,
})
const reset = (beganMs: number, endedMs = beganMs + 2): Failure => ({ kind: 'reset', beganMs, endedMs })
const outcome = (course: Partial<Course>): Outcome =>
  outcomeOf({ mode: 'kernel', event: event(), beganMs: 0, tally: tally(), cuts: [], obstacle: null, ...course })

describe('kernel mode', () => {
  test('an event that nobody noticed is as wanted', () => {
    const seen = outcome({})
    expect(seen).toMatchObject({ opened: 800, pace: 1, failed: {}, downloadsCut: 0, idleCut: 0, endedWithIt: 0 })
    expect(isAsWanted(seen)).toBe(true)
  })

  test('failures are counted by their kind, and nothing ends with a virtual IP that moves', () => {
    const failures: readonly Failure[] = [reset(4999), reset(6000), { kind: 'timeout', beganMs: 0, endedMs: 10_000 }]
    const seen = outcome({ tally: tally({ failures }), cuts: [cut(), cut({ kind: 'idle' })] })
    expect(seen).toMatchObject({ failed: { reset: 2, timeout: 1 }, downloadsCut: 1, idleCut: 1, endedWithIt: 0 })
    expect(isAsWanted(seen)).toBe(false)
  })

  test('what is open on a proxy that is stopped ends with it, and on no other', () => {
    const cuts = [cut(), cut({ node: 'node2' })]
    const seen = outcome({ event: event({ movesVip: false, endsProxyOf: 'node1' }), cuts })
    expect(seen).toMatchObject({ downloadsCut: 1, endedWithIt: 1 })
  })
})

describe('workers mode', () => {
  test('connections end with a virtual IP that moves: those that were kept, and new ones that were established before all were told', () => {
    const refused: Failure = { kind: 'refused', beganMs: 4990, endedMs: 4991 }
    const failures = [reset(4999), reset(5001), refused, reset(2000, 5000)]
    const seen = outcome({ mode: 'workers', tally: tally({ failures }), cuts: [cut()] })
    expect(seen).toMatchObject({ endedWithIt: 2, downloadsCut: 0, failed: { reset: 2, refused: 1 }, toldLate: 0 })
    expect(isAsWanted(outcome({ mode: 'workers', cuts: [cut()] }))).toBe(true)
  })

  test('but they are told within a second', () => {
    const seen = outcome({ mode: 'workers', cuts: [cut({ aliveMs: 3999 })] })
    expect(seen).toMatchObject({ toldLate: 1, endedWithIt: 1 })
    expect(isAsWanted(seen)).toBe(false)
  })

  test('nothing ends where the virtual IP stays', () => {
    expect(outcome({ mode: 'workers', event: event({ movesVip: false }), cuts: [cut()] }).downloadsCut).toBe(1)
  })
})

test.each([
  { waited: 1 },
  { strayed: 1 },
  { downloadsCut: 1 },
  { idleCut: 1 },
  { toldLate: 1 },
  { failed: { refused: 1 } },
  { obstacle: 'not within 60 s' },
])('not as wanted: %j', (fields) => {
  expect(isAsWanted({ ...outcome({}), ...fields })).toBe(false)
})

test('a connection belongs to the event in which it was told; one that was told late, to that in which it was last alive', () => {
  const beginnings = [0, 5000, 10_000]
  expect(eventOf(cut({ aliveMs: 4950, toldMs: 5010 }), beginnings)).toBe(1)
  expect(eventOf(cut({ aliveMs: 5100, toldMs: 13_100 }), beginnings)).toBe(1)
  expect(eventOf(cut({ aliveMs: -5, toldMs: -1 }), beginnings)).toBe(0)
})

test('a line for each event; a generator that was too slow and an event that did not come about are told below', () => {
  const lines = drawOutcomes([
    outcome({}),
    { ...outcome({ tally: tally({ failures: [reset(1), reset(2)], opened: 700 }), obstacle: 'not within 60 s' }) },
  ])
  expect(lines[1]).toMatch(/^failover 1 +800 +0 +0 .* 100 % +ok$/)
  expect(lines[2]).toMatch(/^failover 1 +700 +2 \(2 reset\) .* 88 % +!!$/)
  expect(lines).toContain('The generator did not keep its pace at 1 of 2 events.')
  expect(lines).toContain('failover 1: not within 60 s')
})
