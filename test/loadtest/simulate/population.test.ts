import { describe, expect, it } from 'vitest'
import { populationOf } from '../../../loadtest/simulate/population.ts'
import { SLOT_COUNT } from '../../../runtime/table/layout.ts'
import { SeededRandom } from '../../fakes/random.ts'

describe('the clients', () => {
  it('connect as often as the Zipf law says: the first of 1000 twice as often as the second', () => {
    const population = populationOf(1000, 1, new SeededRandom(1))
    const random = new SeededRandom(2)
    const counts = new Uint32Array(1000)
    for (let drawn = 0; drawn < 200_000; drawn++) counts[population.draw(random)]!++
    expect(counts[0]! / counts[1]!).toBeCloseTo(2, 1)
    expect(counts[0]! / counts[9]!).toBeCloseTo(10, -0.5)
  })

  it('are spread evenly over the slots of the product, and elsewhere in another world', () => {
    const population = populationOf(40_960, 1, new SeededRandom(1))
    const counts = new Uint32Array(SLOT_COUNT)
    for (const slot of population.slot) counts[slot]!++
    expect(counts.every((count) => count < 40)).toBe(true)
    expect(populationOf(10, 1, new SeededRandom(2)).slot).not.toEqual(population.slot.slice(0, 10))
  })

  it('cost 1 a connection on average over connections, whatever the seed', () => {
    const population = populationOf(1000, 0.9, new SeededRandom(5))
    const activity = Array.from(population.cost, (_, client) => (client + 1) ** -0.9)
    const spent = population.cost.reduce((sum, cost, client) => sum + cost * activity[client]!, 0)
    expect(spent / activity.reduce((sum, rate) => sum + rate)).toBeCloseTo(1, 9)
  })
})
