import { describe, expect, it } from 'vitest'
import { adoptBalance, nextBalance, sharesOf } from '../../../actors/dispatcher/policy.ts'
import { initialStatsReporter, stepStatsReporter } from '../../../actors/stats-reporter/machine.ts'
import { memberOf } from './members.ts'

const STEP_MS = 50
const SECOND_MS = 1000
const WITHIN_MS = 10_000
/** For what is not simulated: the way of a beacon, writing the slots. */
const SPARE_MS = 1000

/** When its CPU is used up from then on. */
const BUSY_AT_MS = 20_000

interface Timing {
  /** CPU use before, 0..1. */
  readonly before: number
  /** When in each second the node looks at its CPU, and when it tells the director. */
  readonly looksAtMs: number
  readonly tellsAtMs: number
}

/** How long the node still gets clients once it is busy: its own figures, as they are told to the director's policy. */
function lateness({ before, looksAtMs, tellsAtMs }: Timing): number {
  let reporter = initialStatsReporter(SECOND_MS)
  let balance = adoptBalance(new Map(), 0)
  const host = { memoryTotalBytes: 1, memoryAvailableBytes: 1, limitedCpu: null, cpuPressure: 0, memoryPressure: 0 }
  let cpuBusy = 0
  for (let nowMs = 0; nowMs < BUSY_AT_MS + 60_000; nowMs += STEP_MS) {
    if (nowMs % SECOND_MS === looksAtMs) {
      const sample = { ...host, cpuBusy, cpuTotal: nowMs }
      reporter = stepStatsReporter(reporter, { type: 'sampled', sample, connections: 0, failure: null }, nowMs).state
    }
    if (nowMs % SECOND_MS === tellsAtMs) {
      const own = memberOf('busy', { cpu: reporter.load?.cpu ?? 0 })
      balance = nextBalance(balance, [own, memberOf('a', { cpu: 0.3 })], { slowStartMs: 0 }, nowMs)
      if (nowMs > BUSY_AT_MS && sharesOf(balance).get('busy') === 0) return nowMs - BUSY_AT_MS
    }
    cpuBusy += STEP_MS * (nowMs < BUSY_AT_MS ? before : 1)
  }
  return Number.POSITIVE_INFINITY
}

const moments = Array.from({ length: SECOND_MS / STEP_MS }, (_, step) => step * STEP_MS)

describe('a node whose CPU is used up', () => {
  it.each([0, 0.3, 0.6, 0.8])(
    'of which it used %d before, gets no new clients within 10 s, whenever it looks and tells',
    (before) => {
      const late = moments.flatMap((looksAtMs) =>
        moments.map((tellsAtMs) => lateness({ before, looksAtMs, tellsAtMs })),
      )
      expect(Math.max(...late)).toBeLessThanOrEqual(WITHIN_MS - SPARE_MS)
    },
  )
})
