import { describe, expect, test, vi } from 'vitest'
import { Dice } from './dice.ts'
import { type RunReport, runElection } from './run.ts'
import { LIFELIKE, tellingRun } from './seeds.ts'

const HOUR_MS = 3_600_000
const SEEDS_PER_TEST = 100

/** Other seeds than the usual ones, or one again: ELECTION_SEEDS=7 or 501-9000. */
const [firstSeed = 1, lastSeed = firstSeed] = (process.env.ELECTION_SEEDS ?? '1-200').split('-').map(Number)
const batches = Array.from({ length: Math.ceil((lastSeed - firstSeed + 1) / SEEDS_PER_TEST) }, (_, index) => {
  const first = firstSeed + index * SEEDS_PER_TEST
  return [first, Math.min(lastSeed, first + SEEDS_PER_TEST - 1)] as const
})

/** What was seen in all runs together: a simulation that never gets into trouble proves nothing. */
function expectMuchSeen(reports: readonly RunReport[]): void {
  const total = (of: (report: RunReport) => number): number => reports.reduce((sum, report) => sum + of(report), 0)
  expect(total(({ takeovers }) => takeovers)).toBeGreaterThan(10 * reports.length)
  expect(total(({ looks }) => looks.settled)).toBeGreaterThan(20 * reports.length)
  expect(total(({ looks }) => looks.clientArp)).toBeGreaterThan(20 * reports.length)
  const kinds = new Set(reports.flatMap(({ troubles }) => Object.keys(troubles)))
  expect([...kinds].sort()).toEqual(LIFELIKE)
}

describe('five nodes through 24 hours of trouble: whatever happens, every invariant of the witness holds', () => {
  // With 24 h of adverts every 40 s a day is 2,160 intervals, and all that befalls the nodes is as long in proportion.
  test.each(batches)('seeds %i to %i', { timeout: 240_000 }, (first, last) => {
    const reports: RunReport[] = []
    for (let seed = first; seed <= last; seed++) {
      reports.push(tellingRun({ seed, advertIntervalMs: 40_000, lastsMs: 24 * HOUR_MS }))
    }
    if (reports.length === SEEDS_PER_TEST) expectMuchSeen(reports)
  })
})

describe('the same in the pace of life', () => {
  test.each([
    { every: '10 s', advertIntervalMs: 10_000, lastsMs: 24 * HOUR_MS, seeds: 5 },
    { every: '1 s', advertIntervalMs: 1000, lastsMs: HOUR_MS, seeds: 15 },
    { every: '100 ms', advertIntervalMs: 100, lastsMs: HOUR_MS / 10, seeds: 20 },
    { every: '10 ms', advertIntervalMs: 10, lastsMs: HOUR_MS / 120, seeds: 10 },
  ])('adverts every $every', { timeout: 240_000 }, ({ advertIntervalMs, lastsMs, seeds }) => {
    for (let seed = 1; seed <= seeds; seed++) tellingRun({ seed, advertIntervalMs, lastsMs })
  })
})

function storyOf(seed: number): string[] {
  const lines: string[] = []
  runElection({ seed, advertIntervalMs: 40_000, lastsMs: 24 * HOUR_MS, tell: (line) => lines.push(line) })
  return lines
}

test('a seed replays: the same story, word for word', () => {
  const told = storyOf(4)
  expect(told.length).toBeGreaterThan(100)
  expect(storyOf(4)).toEqual(told)
})

test('the calendar may be set forth and back at any moment: nothing goes by it', () => {
  const told = storyOf(5)
  const dice = new Dice(5)
  const calendar = vi.spyOn(Date, 'now').mockImplementation(() => dice.between(0, 4e12))
  try {
    expect(storyOf(5)).toEqual(told)
  } finally {
    calendar.mockRestore()
  }
})
