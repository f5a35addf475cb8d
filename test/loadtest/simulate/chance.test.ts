import { describe, expect, it } from 'vitest'
import { AliasTable, lognormal, normal, poisson } from '../../../loadtest/simulate/chance.ts'
import { SeededRandom } from '../../fakes/random.ts'

const draws = 100_000
const random = new SeededRandom(3)
const meanOf = (draw: () => number) => {
  let sum = 0
  for (let drawn = 0; drawn < draws; drawn++) sum += draw()
  return sum / draws
}

describe('draws', () => {
  it('an alias table draws each index in proportion to its weight, and none of weight 0', () => {
    const table = new AliasTable(Float64Array.of(5, 0, 3, 2))
    const counts = [0, 0, 0, 0]
    for (let drawn = 0; drawn < draws; drawn++) counts[table.draw(random)]!++
    expect(counts[1]).toBe(0)
    for (const [index, share] of [0.5, 0, 0.3, 0.2].entries()) expect(counts[index]! / draws).toBeCloseTo(share, 1.7)
  })

  it.each([3, 200])('a Poisson count of mean %d has that mean and that variance', (mean) => {
    expect(meanOf(() => poisson(random, mean)) / mean).toBeCloseTo(1, 1.7)
    expect(meanOf(() => (poisson(random, mean) - mean) ** 2) / mean).toBeCloseTo(1, 1)
  })

  it('normal draws have mean 0 and variance 1, lognormal ones the mean that was asked for', () => {
    expect(meanOf(() => normal(random))).toBeCloseTo(0, 1.7)
    expect(meanOf(() => normal(random) ** 2)).toBeCloseTo(1, 1)
    expect(meanOf(() => lognormal(random, 30, 0.5)) / 30).toBeCloseTo(1, 1.7)
  })
})
