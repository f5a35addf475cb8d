import { expect, it } from 'vitest'
import { growthOf, isSuperLinear } from '../../../loadtest/growth/slopes.ts'

const curve = (of: (x: number) => number) => [1, 10, 100, 1000].map((x) => ({ x, y: of(x) }))

it('what does not grow has slope 0, what grows in proportion 1, with the square 2', () => {
  for (const power of [0, 1, 2]) {
    const growth = growthOf(curve((x) => 7 * x ** power))!
    expect(growth.slope).toBeCloseTo(power, 10)
    for (const step of growth.steps) expect(step).toBeCloseTo(power, 10)
  }
})

it('a curve that bends up shows in its last step', () => {
  const growth = growthOf(curve((x) => 1000 + x ** 2))!
  expect(growth.slope).toBeLessThan(1.2)
  expect(growth.steps.at(-1)).toBeGreaterThan(1.9)
  expect(isSuperLinear(curve((x) => 1000 + x ** 2))).toBe(true)
})

it('a base with a proportional part is not super-linear', () => {
  expect(isSuperLinear(curve((x) => 200 + 0.5 * x))).toBe(false)
  expect(isSuperLinear(curve(() => 200))).toBe(false)
})

it('so does one that has a step in its middle', () => {
  const heights = [2, 2, 2, 13, 24]
  expect(isSuperLinear(heights.map((y, at) => ({ x: 2 ** at, y })))).toBe(true)
})

it('a steep last step of a few percent is noise', () => {
  const noisy = [
    { x: 1, y: 100 },
    { x: 1000, y: 100 },
    { x: 1010, y: 103 },
  ]
  expect(growthOf(noisy)!.steps.at(-1)).toBeGreaterThan(1.2)
  expect(isSuperLinear(noisy)).toBe(false)
})

it('points may come in any order; one point, one place or a zero have no slope', () => {
  expect(growthOf([...curve((x) => x)].reverse())!.slope).toBeCloseTo(1, 10)
  expect(growthOf([{ x: 1, y: 1 }])).toBeNull()
  expect(growthOf([1, 2].map((y) => ({ x: 5, y })))).toBeNull()
  expect(growthOf(curve((x) => x - 1))).toBeNull()
})
