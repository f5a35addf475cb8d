import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from './clock.ts'

test('timers fire in the order of their due times, and in the order of setting where these are equal', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (delays) => {
      const clock = new FakeClock()
      const fired: { due: number; order: number; at: number }[] = []
      delays.forEach((due, order) => {
        clock.setTimer(due, () => fired.push({ due, order, at: clock.nowMs() }))
      })
      clock.advance(20)
      const expected = delays
        .map((due, order) => ({ due, order, at: due }))
        .sort((a, b) => a.due - b.due || a.order - b.order)
      expect(fired).toEqual(expected)
    }),
  )
})

test('a cancelled timer does not fire, and cancelling again or too late does nothing', () => {
  const clock = new FakeClock()
  const fired: string[] = []
  const cancel = clock.setTimer(5, () => fired.push('cancelled'))
  const late = clock.setTimer(1, () => fired.push('kept'))
  cancel()
  cancel()
  clock.advance(10)
  late()
  expect(fired).toEqual(['kept'])
  expect(clock.nextDueMs()).toBeUndefined()
})

test('what is set while time advances fires within the same advance', () => {
  const clock = new FakeClock(100)
  const at: number[] = []
  const again = (): void => {
    at.push(clock.nowMs())
    clock.setTimer(3, again)
  }
  again()
  clock.advance(10)
  expect(at).toEqual([100, 103, 106, 109])
  expect(clock.nowMs()).toBe(110)
})

test('a jump fires nothing until somebody looks, as after a suspended machine wakes', () => {
  const clock = new FakeClock()
  const at: number[] = []
  clock.setTimer(1, () => at.push(clock.nowMs()))
  clock.jumpTo(1000)
  expect(at).toEqual([])
  clock.advance(0)
  expect(at).toEqual([1000])
})

test('the wall clock runs along with the monotonic one', () => {
  const clock = new FakeClock(50, 1_000_000)
  clock.advance(25)
  expect(clock.wallMs()).toBe(1_000_025)
})
