import { expect, test } from 'vitest'
import { SeededRandom } from './random.ts'

test('the same seed gives the same numbers, another seed others', () => {
  const numbers = (seed: number): number[] => {
    const random = new SeededRandom(seed)
    return Array.from({ length: 8 }, () => random.uint32())
  }
  expect(numbers(7)).toEqual(numbers(7))
  expect(numbers(7)).not.toEqual(numbers(8))
})

test('numbers fill 0..2^32-1 evenly', () => {
  const random = new SeededRandom(1)
  const buckets = new Array<number>(16).fill(0)
  for (let draw = 0; draw < 16_000; draw++) {
    const value = random.uint32()
    expect(Number.isInteger(value) && value >= 0 && value < 2 ** 32).toBe(true)
    buckets[value >>> 28]! += 1
  }
  for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

test('a fork does not depend on what its parent gives out later', () => {
  const one = new SeededRandom(3)
  const other = new SeededRandom(3)
  const fork = one.fork()
  const sameFork = other.fork()
  other.uint32()
  expect(fork.bytes(16)).toEqual(sameFork.bytes(16))
})
