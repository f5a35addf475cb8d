import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  DURATION_BOUNDS_MS,
  emptyHistogram,
  observed,
  quantileOf,
} from '../../../../runtime/actor-system/inspection/histogram.ts'
import { Counters } from '../../../../runtime/actor-system/machine/counters.ts'

const histogramOf = (values: readonly number[]) => values.reduce(observed, emptyHistogram)

test('nothing observed has no quantile', () => {
  expect(quantileOf(emptyHistogram, 0.5)).toBeNull()
})

test('a bound belongs to its bucket, and what is beyond all of them to the last', () => {
  const { counts, sum } = histogramOf([0, 0.1, 0.11, 5000, 5001])
  expect([counts[0], counts[1], counts.at(-2), counts.at(-1), sum]).toEqual([2, 1, 1, 1, 10_001.21])
})

test('a quantile is in the bucket of the value that has that rank', () => {
  const values = fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(values, fc.constantFrom(0.5, 0.99, 1), (all, share) => {
      const ranked = all.toSorted((one, other) => one - other)[Math.ceil(share * all.length) - 1]!
      const upper = DURATION_BOUNDS_MS.findIndex((bound) => ranked <= bound)
      const quantile = quantileOf(histogramOf(all), share)!
      expect(quantile).toBeGreaterThanOrEqual(DURATION_BOUNDS_MS[upper - 1] ?? 0)
      expect(quantile).toBeLessThanOrEqual(DURATION_BOUNDS_MS[upper]!)
    }),
  )
})

test('what one thread notes in shared memory another one reads, also a sum of more than 32 bits', () => {
  const counters = new Counters()
  for (const ms of [0.05, 3, 3_000_000, 3_000_000]) counters.handling.note(ms)
  const { counts, sum } = new Counters(counters.shared).handling.read()
  expect([counts[0], counts[5], counts.at(-1), sum]).toEqual([1, 1, 2, 6_000_003.05])
  expect(counters.read('turns')).toBe(0)
})
