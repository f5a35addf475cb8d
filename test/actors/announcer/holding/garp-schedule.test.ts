import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type GarpOptions,
  type Schedule,
  scheduleFrom,
  takeDue,
} from '../../../../actors/announcer/holding/garp-schedule.ts'
import { gatewayConfig } from '../../../config/gateway-config.ts'

const garp: GarpOptions = { burstCount: 3, burstSpacingMs: 5, repeatAfterMs: [1000, 2500], refreshIntervalMs: null }
const times = (schedule: Schedule): number[] => schedule.map(({ atMs }) => atMs)

describe('the schedule of gratuitous ARP', () => {
  test('rule 18: a burst at once, and again after a delay', () => {
    const schedule = scheduleFrom(garp, 100)
    expect(times(schedule)).toEqual([100, 105, 110, 1100, 1105, 1110, 2600, 2605, 2610])
    expect(schedule.filter(({ opens }) => opens).map(({ atMs }) => atMs)).toEqual([100, 1100, 2600])
  })

  test('by default it outlasts the second for which Linux clients ignore it (arp locktime)', () => {
    expect(
      times(scheduleFrom({ ...garp, ...gatewayConfig('virtualIps: [10.0.0.5/24]').garp }, 0)).filter(
        (atMs) => atMs >= 1000,
      ).length,
    ).toBeGreaterThan(0)
  })

  test('bursts that overlap are sent in the order of their times', () => {
    const schedule = scheduleFrom({ ...garp, burstCount: 2, burstSpacingMs: 300, repeatAfterMs: [200] }, 0)
    expect(times(schedule)).toEqual([0, 200, 300, 500])
    expect(times(takeDue(schedule, garp, 250).schedule)).toEqual([300, 500])
  })

  test('nothing is due early', () => {
    const schedule = scheduleFrom(garp, 100)
    expect(takeDue(schedule, garp, 99.9)).toEqual({ due: undefined, schedule })
  })

  test('what is late is sent as one', () => {
    const { due, schedule } = takeDue(scheduleFrom(garp, 0), garp, 1007)
    expect(due).toEqual({ atMs: 1005, opens: true })
    expect(times(schedule)).toEqual([1010, 2500, 2505, 2510])
  })

  test('then it is over, or goes on at the refresh interval', () => {
    const last = scheduleFrom(garp, 0)
    expect(takeDue(last, garp, 3000).schedule).toEqual([])
    const refreshed = takeDue(last, { ...garp, refreshIntervalMs: 60_000 }, 3000)
    expect(times(refreshed.schedule)).toEqual([63_000])
  })

  test('each round is sent once, at its time or later, and none twice, whenever the timer fires', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 30 }), (steps) => {
        let schedule = scheduleFrom(garp, 0)
        const all = times(schedule)
        let nowMs = 0
        for (const step of steps) {
          nowMs += step
          schedule = takeDue(schedule, garp, nowMs).schedule
          expect(times(schedule)).toEqual(all.filter((atMs) => atMs > nowMs))
        }
      }),
    )
  })
})
