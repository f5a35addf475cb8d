import { expect, it } from 'vitest'
import { bodyOf, differenceIn } from '../../../loadtest/chaos/traffic/body.ts'

it('the body of a download is the same from wherever it is begun', () => {
  const whole = bodyOf(7, 0, 5000)
  expect(bodyOf(7, 1234, 500)).toEqual(whole.subarray(1234, 1734))
  expect(differenceIn(7, 0, whole)).toBeUndefined()
})

it('what is lost, twice, changed, or of another download is seen', () => {
  const whole = bodyOf(7, 0, 5000)
  const lost = Buffer.concat([whole.subarray(0, 1000), whole.subarray(1001)])
  expect(differenceIn(7, 0, lost)).toBeLessThan(1010)
  const twice = Buffer.concat([whole.subarray(0, 1000), whole.subarray(0, 4000)])
  expect(differenceIn(7, 0, twice)).toBeLessThan(1010)
  const changed = Buffer.from(whole)
  changed[4000]! ^= 1
  expect(differenceIn(7, 0, changed)).toBe(4000)
  expect(differenceIn(8, 0, whole)).toBeLessThan(10)
})
