import { describe, expect, test } from 'vitest'
import type { Measurement } from '../../../loadtest/bench/scenarios.ts'
import { judge, ratiosOf } from '../../../loadtest/guard/verdict.ts'
import { measured } from '../measurements.ts'

const RECORDED = { workers: 1, workersCpu: 0.9, kernel: 1.1 }

const round = (number: number, rates: readonly [workers: number, kernel: number, haproxy: number], cpu = 1) =>
  (['proxyha', 'kernel', 'haproxy'] as const).map(
    (way, at): Measurement =>
      measured({
        way,
        round: number,
        requestsPerSecond: rates[at]!,
        cpuSecondsPer10k: way === 'kernel' ? null : way === 'proxyha' ? cpu : 0.9,
      }),
  )

describe('the ratios of a try', () => {
  test('are medians of what is in one round', () => {
    const rounds = [round(0, [10, 20, 10]), round(1, [100, 100, 50], 0.5), round(2, [30, 33, 30])].flat()
    expect(ratiosOf(rounds)).toEqual({ workers: 1, workersCpu: 0.9, kernel: 2 })
  })

  test('are none where a request failed, or a way is not there', () => {
    const [first, ...others] = round(0, [1, 1, 1])
    expect(() => ratiosOf([{ ...first!, errors: 2 }, ...others])).toThrow('2 requests by proxyha failed')
    expect(() => ratiosOf(others)).toThrow('needs nft and haproxy')
  })
})

describe('a try', () => {
  test('is as it was down to the floor, and says so of each ratio', () => {
    const { lines, low } = judge(RECORDED, { workers: 0.86, workersCpu: 2, kernel: 0.94 })
    expect(low).toEqual([])
    expect(lines).toHaveLength(3)
    expect(lines[0]).toBe('ok workers to HAProxy 0.86, recorded 1.00, floor 0.85')
  })

  test.each(['workers', 'workersCpu', 'kernel'] as const)('is low where %s alone is', (name) => {
    const { lines, low } = judge(RECORDED, { ...RECORDED, [name]: 0.84 * RECORDED[name] })
    expect(low).toEqual([name])
    expect(lines.filter((line) => line.startsWith('!!'))).toHaveLength(1)
    expect(judge(RECORDED, { ...RECORDED, [name]: Number.NaN }).low).toEqual([name])
  })
})
