import { describe, expect, it } from 'vitest'
import { coreMask, parseIdle } from '../../../loadtest/bench/director-core.ts'

describe('parseIdle', () => {
  const stat = 'cpu  9 9 9 900 90 9 9\ncpu1 1 2 3 400 50 6 7 8 0 0\ncpu10 1 2 3 7000 500 6 7 8 0 0\n'

  it('adds the two ways of being idle, of that core alone', () => {
    expect([parseIdle(stat, 1), parseIdle(stat, 10)]).toEqual([4.5, 75])
  })

  it('fails for a core that there is not', () => {
    expect(() => parseIdle(stat, 2)).toThrow('/proc/stat has no core 2')
  })
})

describe('coreMask', () => {
  it.each([
    [[0], '00000001'],
    [[0, 1, 31], '80000003'],
    [[33], '00000002,00000000'],
    [[0, 64], '00000001,00000000,00000001'],
  ])('of %j is %s', (cores, mask) => {
    expect(coreMask(cores)).toBe(mask)
  })
})
