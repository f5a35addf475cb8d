import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { median, percentile } from '../../loadtest/statistics.ts'

const figures = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1 })

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
    [[10, 9], 9.5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected)
  })

  it('of nothing is undefined', () => {
    expect(median([])).toBeUndefined()
  })

  it('leaves its input as it was', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })

  it('has as many values above as below', () => {
    fc.assert(
      fc.property(figures, (values) => {
        const middle = median(values) ?? Number.NaN
        const below = values.filter((value) => value < middle).length
        const above = values.filter((value) => value > middle).length
        return below <= values.length / 2 && above <= values.length / 2
      }),
    )
  })
})

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

  it.each([
    [0.5, 50],
    [0.99, 99],
    [0.991, 100],
    [1, 100],
    [0, 1],
  ])('%d of 1..100 is %d, by nearest rank', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected)
  })

  it('sorts as numbers, not as text', () => {
    expect(percentile([9, 10, 100], 0.5)).toBe(10)
  })

  it('of nothing is undefined', () => {
    expect(percentile([], 0.5)).toBeUndefined()
  })

  it('is a value that no fewer than its share of the values stay within', () => {
    fc.assert(
      fc.property(figures, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const bound = percentile(values, share) ?? Number.NaN
        return values.includes(bound) && values.filter((value) => value <= bound).length >= share * values.length
      }),
    )
  })
})
