import { describe, expect, test } from 'vitest'
import {
  currentWarnings,
  NOTICE_LIFE_MS,
  NOTICES_KEPT,
  type Notices,
  remember,
} from '../../../actors/elector/notices.ts'

const notice = { key: 'ttl', level: 'warn' as const, text: 'wrong TTL' }

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
    expect(currentWarnings(notices, 50_000 + NOTICE_LIFE_MS - 1)).toEqual(['wrong TTL'])
    expect(currentWarnings(notices, 50_000 + NOTICE_LIFE_MS)).toEqual([])
  })

  test('the newest text of a key counts; information is no warning', () => {
    let { notices } = remember([], notice, 0)
    notices = remember(notices, { ...notice, text: 'another' }, 1).notices
    notices = remember(notices, { key: 'note', level: 'info', text: 'by the way' }, 2).notices
    expect(currentWarnings(notices, 3)).toEqual(['another'])
  })

  test('a flood of keys is bounded: the one unseen for longest is forgotten', () => {
    let notices: Notices = []
    for (let n = 0; n <= NOTICES_KEPT; n++)
      notices = remember(notices, { ...notice, key: `${n}`, text: `${n}` }, n).notices
    const warnings = currentWarnings(notices, NOTICES_KEPT)
    expect(warnings).toHaveLength(NOTICES_KEPT)
    expect(warnings[0]).toBe('1')
  })
})
