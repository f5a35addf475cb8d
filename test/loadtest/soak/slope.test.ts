import { expect, it } from 'vitest'
import { isAbove, meansOf, slopeOf } from '../../../loadtest/soak/slope.ts'
import type { Point } from '../../../loadtest/statistics.ts'
import { SeededRandom } from '../../fakes/random.ts'

const line = (count: number, slope: number, noise: (at: number) => number = () => 0): Point[] =>
  Array.from({ length: count }, (_, x) => ({ x, y: 5 + slope * x + noise(x) }))

it('a straight line has its slope, and no uncertainty', () => {
  expect(slopeOf(line(10, 3))).toEqual({ slope: 3, standardError: 0, points: 10 })
})

it('slope and standard error as a textbook has them', () => {
  // x = 1..5, y = 2.1, 3.9, 6.2, 7.8, 10.1: Sxx = 10, slope 1.99, residual sum of squares 0.107.
  const points = [2.1, 3.9, 6.2, 7.8, 10.1].map((y, index) => ({ x: index + 1, y }))
  const { slope, standardError } = slopeOf(points)!
  expect(slope).toBeCloseTo(1.99, 10)
  expect(standardError).toBeCloseTo(Math.sqrt(0.107 / 3 / 10), 10)
})

it('two points, or points of one moment, have none', () => {
  expect(slopeOf(line(2, 1))).toBeNull()
  expect(slopeOf([1, 2, 3].map((y) => ({ x: 0, y })))).toBeNull()
})

it('what grows by more than chance explains is above its bound, and noise is not', () => {
  const random = new SeededRandom(1)
  const noise = () => random.uint32() / 2 ** 32 - 0.5
  expect(isAbove(slopeOf(line(60, 0.05, noise))!, 0)).toBe(true)
  expect(isAbove(slopeOf(line(60, 0.05, noise))!, 0.1)).toBe(false)
  const flat = Array.from({ length: 400 }, () => isAbove(slopeOf(line(30, 0, noise))!, 0)).filter(Boolean)
  expect(flat.length).toBeLessThan(30)
})

it('a few points are less certain than many', () => {
  const slope = { slope: 5, standardError: 2 }
  expect(isAbove({ ...slope, points: 5 }, 0)).toBe(false)
  expect(isAbove({ ...slope, points: 60 }, 0)).toBe(true)
})

it('means are of full spans, the last one too where it is full', () => {
  expect(meansOf(line(9, 1), 3)).toEqual([1, 4, 7].map((x) => ({ x, y: 5 + x })))
  expect(meansOf(line(10, 1), 3)).toHaveLength(3)
  expect(meansOf([], 3)).toEqual([])
})
