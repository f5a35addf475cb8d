import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leaseMs, masterDownMs, skewMs } from '../../../actors/elector/intervals.ts'

describe('rule 7: skew', () => {
  test.each([
    [1, 996.09375],
    [100, 609.375],
    [254, 7.8125],
    [255, 3.90625],
  ])('v2: (256 - %i)/256 s whatever the interval (RFC 3768 §6.1)', (priority, expected) => {
    expect(skewMs({ version: 2, priority }, 1000)).toBe(expected)
    expect(skewMs({ version: 2, priority }, 255_000)).toBe(expected)
  })

  test.each([
    [100, 1000, 609.375],
    [100, 100, 60.9375],
    [100, 10, 6.09375],
    [255, 10, 0.0390625],
    [1, 40_950, 40_790.0390625],
  ])('v3: ((256 - %i) x interval)/256 of the master (RFC 9568 §6.1)', (priority, intervalMs, expected) => {
    expect(skewMs({ version: 3, priority }, intervalMs)).toBe(expected)
  })
})

describe('rule 8: Master_Down_Interval = 3 x interval + skew', () => {
  test('v2', () => expect(masterDownMs({ version: 2, priority: 100 }, 1000)).toBe(3609.375))
  test('v3, of the interval of the master for both', () => {
    expect(masterDownMs({ version: 3, priority: 100 }, 100)).toBe(360.9375)
  })
})

test('a lease ends before any waiter of any priority follows', () => {
  const interval = fc.integer({ min: 1, max: 4095 }).map((centiseconds) => centiseconds * 10)
  fc.assert(
    fc.property(fc.constantFrom(2, 3), fc.integer({ min: 1, max: 255 }), interval, (version, priority, intervalMs) => {
      expect(leaseMs(intervalMs)).toBeLessThan(masterDownMs({ version, priority }, intervalMs))
    }),
  )
})
