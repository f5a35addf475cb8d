import { describe, expect, test } from 'vitest'
import {
  currentWarnings,
  NOTICES_KEPT,
  type Notices,
  over,
  remember,
} from '../../../../actors/elector/adverts/notices.ts'
import { textsOf } from '../../../../runtime/actor-system/inspection/warning.ts'

const notice = { key: 'ttl', level: 'warn' as const, text: 'wrong TTL', code: 'adverts-discarded' as const }

describe('notices', () => {
  test('rule 4: the first is logged, a repetition only once a minute', () => {
    let notices: Notices = []
    const freshAt: number[] = []
    for (let nowMs = 0; nowMs <= 130_000; nowMs += 1000) {
      const remembered = remember(notices, notice, nowMs)
      notices = remembered.notices
      if (remembered.fresh) freshAt.push(nowMs)
    }
    expect(freshAt).toEqual([0, 60_000, 120_000])
  })

  test('a warning holds as long as it is repeated, then it is over', () => {
    const { notices } = remember(remember([], notice, 0).notices, notice, 50_000)
    expect(textsOf(currentWarnings(notices, 50_000 + 9999, 1000))).toEqual(['wrong TTL'])
    expect(textsOf(currentWarnings(notices, 50_000 + 10_000, 1000))).toEqual([])
  })

  test('where it is repeated rarely, it holds four times as long', () => {
    const { notices } = remember([], notice, 0)
    expect(textsOf(currentWarnings(notices, 159_999, 40_000))).toEqual(['wrong TTL'])
    const { notices: slow } = remember([], { ...notice, everyMs: 40_000 }, 0)
    expect(textsOf(currentWarnings(slow, 159_999, 1000))).toEqual(['wrong TTL'])
    expect(textsOf(currentWarnings(slow, 160_000, 1000))).toEqual([])
  })

  test('one that is shown to be over is told no more, and is not logged anew for it', () => {
    const notices = over(remember([], notice, 0).notices, notice.key)
    expect(textsOf(currentWarnings(notices, 1, 1000))).toEqual([])
    const again = remember(notices, notice, 2)
    expect(again.fresh).toBe(false)
    expect(textsOf(currentWarnings(again.notices, 3, 1000))).toEqual(['wrong TTL'])
  })

  test('the newest text of a key counts; information is no warning', () => {
    let { notices } = remember([], notice, 0)
    notices = remember(notices, { ...notice, text: 'another' }, 1).notices
    notices = remember(notices, { key: 'note', level: 'info', text: 'by the way', code: null }, 2).notices
    expect(textsOf(currentWarnings(notices, 3, 1000))).toEqual(['another'])
  })

  test('a flood of keys is bounded: the one unseen for longest is forgotten', () => {
    let notices: Notices = []
    for (let n = 0; n <= NOTICES_KEPT; n++)
      notices = remember(notices, { ...notice, key: `${n}`, text: `${n}` }, n).notices
    const warnings = textsOf(currentWarnings(notices, NOTICES_KEPT, 1000))
    expect(warnings).toHaveLength(NOTICES_KEPT)
    expect(warnings[0]).toBe('1')
  })
})
