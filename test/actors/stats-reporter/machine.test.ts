import { describe, expect, test } from 'vitest'
import {
  describeStatsReporter,
  initialStatsReporter,
  type StatsReporterState,
  stepStatsReporter,
} from '../../../actors/stats-reporter/machine.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import type { SystemLoadSample } from '../../../runtime/ports/host/system-load.ts'

const sampleOf = (cpuBusy: number, cpuTotal: number, change: Partial<SystemLoadSample> = {}): SystemLoadSample => ({
  cpuBusy,
  cpuTotal,
  limitedCpu: null,
  memoryTotalBytes: 1000,
  memoryAvailableBytes: 750,
  cpuPressure: 12,
  memoryPressure: 3,
  ...change,
})

interface Moment {
  readonly atMs: number
  readonly sample: SystemLoadSample
  readonly connections?: number | null
}

function stateAfter(...moments: readonly Moment[]): StatsReporterState {
  let state = initialStatsReporter(1000)
  for (const { atMs, sample, connections = 0 } of moments) {
    state = stepStatsReporter(state, { type: 'sampled', sample, connections, failure: null }, atMs).state
  }
  return state
}

describe('the load of a node', () => {
  test('is the difference of two samples; the first alone says nothing', () => {
    expect(stateAfter({ atMs: 0, sample: sampleOf(50, 100) }).load).toBeNull()
    expect(
      stateAfter({ atMs: 0, sample: sampleOf(50, 100) }, { atMs: 250, sample: sampleOf(60, 150), connections: 7 }).load,
    ).toEqual({
      cpu: 0.2,
      memory: 0.25,
      pressure: 0.12,
      activeConnections: 7,
    })
  })

  test('the second sample comes soon, the others once an interval', () => {
    const first = stepStatsReporter(
      { ...initialStatsReporter(1000), discoveryUp: true },
      { type: 'sampled', sample: sampleOf(0, 100), connections: 0, failure: null },
      0,
    )
    expect(first.effects).toEqual([{ type: 'startTimer', timer: 'interval', delayMs: 250 }])
    const second = stepStatsReporter(
      first.state,
      { type: 'sampled', sample: sampleOf(0, 200), connections: 0, failure: null },
      250,
    )
    expect(second.effects).toMatchObject([
      { type: 'send', to: 'discovery', message: { type: 'load' } },
      { type: 'startTimer', timer: 'interval', delayMs: 1000 },
    ])
  })

  test('is told only when it has changed by a hundredth, when connections were counted, and anew to a discovery that restarted', () => {
    let state: StatsReporterState = { ...initialStatsReporter(1000), discoveryUp: true }
    const told = (...[event, nowMs]: [Parameters<typeof stepStatsReporter>[1], number]): boolean => {
      const next = stepStatsReporter(state, event, nowMs)
      state = next.state
      return next.effects.some(({ type }) => type === 'send')
    }
    const sampled = (sample: SystemLoadSample, connections: number | null = null) =>
      ({ type: 'sampled', sample, connections, failure: null }) as const
    expect(told(sampled(sampleOf(0, 0)), 0)).toBe(false)
    expect(told(sampled(sampleOf(0, 100)), 1000)).toBe(true)
    expect(told(sampled(sampleOf(0, 200)), 2000)).toBe(false)
    expect(told(sampled(sampleOf(0, 300), 0), 3000)).toBe(true)
    expect(told(sampled(sampleOf(0, 400, { memoryAvailableBytes: 741 })), 4000)).toBe(false)
    expect(told(sampled(sampleOf(0, 500, { memoryAvailableBytes: 739 })), 5000)).toBe(true)
    expect(told(sampled(sampleOf(10, 600, { memoryAvailableBytes: 739 })), 6000)).toBe(true)
    expect(told({ type: 'discoveryDown' }, 6500)).toBe(false)
    expect(told(sampled(sampleOf(10, 700), 2), 7000)).toBe(false)
    expect(told({ type: 'discoveryUp' }, 7500)).toBe(true)
  })

  test('is that of a limited cgroup where that is busier than the host', () => {
    const limited = (busy: number, total: number) => ({ limitedCpu: { busy, total } })
    const cpuAfter = (cpuBusy: number, from: Partial<SystemLoadSample>, to: Partial<SystemLoadSample>) =>
      stateAfter({ atMs: 0, sample: sampleOf(0, 0, from) }, { atMs: 1000, sample: sampleOf(cpuBusy, 100, to) }).load
        ?.cpu
    expect(cpuAfter(10, limited(500, 1000), limited(980, 1500))).toBeCloseTo(0.96)
    expect(cpuAfter(90, limited(500, 1000), limited(600, 1500))).toBeCloseTo(0.9)
    expect(cpuAfter(10, {}, limited(980, 1500))).toBeCloseTo(0.1)
    expect(cpuAfter(10, limited(980, 1000), {})).toBeCloseTo(0.1)
  })

  test('the CPU share is smoothed over a second and a half: a peak of one second counts for a part', () => {
    const idle = [
      { atMs: 0, sample: sampleOf(0, 0) },
      { atMs: 1000, sample: sampleOf(0, 100) },
    ]
    const peak = stateAfter(...idle, { atMs: 2000, sample: sampleOf(100, 200) })
    expect(peak.load?.cpu).toBeCloseTo(1 - Math.exp(-1 / 1.5), 6)
  })

  test('samples that come late weigh as much as those that they stand for', () => {
    const start = [
      { atMs: 0, sample: sampleOf(0, 0) },
      { atMs: 1000, sample: sampleOf(0, 100) },
    ]
    const late = stateAfter(...start, { atMs: 3000, sample: sampleOf(200, 300) })
    const punctual = stateAfter(
      ...start,
      { atMs: 2000, sample: sampleOf(100, 200) },
      { atMs: 3000, sample: sampleOf(200, 300) },
    )
    expect(late.load?.cpu).toBeCloseTo(punctual.load?.cpu ?? Number.NaN, 6)
  })

  test('a kernel without PSI has null for pressure', () => {
    const state = stateAfter(
      { atMs: 0, sample: sampleOf(0, 0) },
      { atMs: 1000, sample: sampleOf(0, 100, { cpuPressure: null, memoryPressure: null }) },
    )
    expect(state.load?.pressure).toBeNull()
    expect(describeStatsReporter(state).memoryPressure).toBeNull()
  })

  test('counters that stand still or go back leave the share as it was', () => {
    const state = stateAfter(
      { atMs: 0, sample: sampleOf(0, 0) },
      { atMs: 1000, sample: sampleOf(50, 100) },
      { atMs: 2000, sample: sampleOf(20, 40) },
      { atMs: 3000, sample: sampleOf(20, 40) },
    )
    expect(state.load?.cpu).toBe(0.5)
  })

  test('connections that cannot be counted are those counted last', () => {
    const state = stateAfter(
      { atMs: 0, sample: sampleOf(0, 0) },
      { atMs: 1000, sample: sampleOf(0, 100), connections: 7 },
      { atMs: 2000, sample: sampleOf(0, 200), connections: null },
    )
    expect(state.load?.activeConnections).toBe(7)
  })
})

test('a failure is logged once when it begins and once when it ends, and is a warning meanwhile', () => {
  const failed = stepStatsReporter(initialStatsReporter(1000), { type: 'unreadable', failure: 'no /proc' }, 0)
  expect(failed.effects).toMatchObject([
    { type: 'log', level: 'warn', line: 'stats: the load of this host cannot be read: no /proc' },
    { type: 'startTimer' },
  ])
  expect(textsOf(describeStatsReporter(failed.state).warnings)).toEqual([
    'the load of this host cannot be read: no /proc',
  ])
  const again = stepStatsReporter(failed.state, { type: 'unreadable', failure: 'no /proc' }, 1000)
  expect(again.effects).toMatchObject([{ type: 'startTimer' }])
  const well = stepStatsReporter(
    again.state,
    { type: 'sampled', sample: sampleOf(0, 0), connections: 0, failure: null },
    2000,
  )
  expect(well.effects).toMatchObject([{ type: 'log', level: 'info' }, { type: 'startTimer' }])
  expect(textsOf(describeStatsReporter(well.state).warnings)).toEqual([])
})

test('a sample is taken whenever the interval is over', () => {
  const state = stateAfter({ atMs: 0, sample: sampleOf(0, 0) })
  expect(stepStatsReporter(state, { type: 'timerExpired', timer: 'interval' }, 250).effects).toEqual([
    { type: 'sample' },
  ])
})
