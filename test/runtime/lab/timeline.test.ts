import { describe, expect, it } from 'vitest'
import { formatDuration, formatMoment, type Moment, Timeline } from '../../../runtime/lab/timeline.ts'

describe('Timeline', () => {
  it('dates each moment from the start and passes it on', () => {
    let nowMs = 1000
    const seen: Moment[] = []
    const timeline = new Timeline(
      () => nowMs,
      (moment) => seen.push(moment),
    )
    nowMs = 3500
    timeline.add('event', 'jupiter holds the VIP')
    expect(timeline.moments).toEqual([{ atMs: 2500, kind: 'event', text: 'jupiter holds the VIP' }])
    expect(seen).toEqual(timeline.moments)
  })

  it('keeps the newest moments only', () => {
    const timeline = new Timeline(() => 0)
    for (let count = 0; count <= Timeline.capacity; count++) timeline.add('event', `${count}`)
    expect(timeline.moments).toHaveLength(Timeline.capacity)
    expect(timeline.moments[0]?.text).toBe('1')
  })
})

describe('formats', () => {
  it('writes moments in columns', () => {
    expect(formatMoment({ atMs: 12_345, kind: 'passed', text: 'done' })).toBe('   12.35 s  ok done')
    expect(formatMoment({ atMs: 0, kind: 'failed', text: 'not done' })).toBe('    0.00 s  !! not done')
  })

  it('writes durations as people read them', () => {
    expect([0.4, 45.2, 999, 1000, 3711].map(formatDuration)).toEqual(['0 ms', '45 ms', '999 ms', '1.00 s', '3.71 s'])
  })
})
