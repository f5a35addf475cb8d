import { expect, test } from 'vitest'
import { HoldingTimes, parseAddressChange } from './holding-times.ts'

const at = (atMs: number, there: boolean) => ({ atMs, address: '10.88.0.10', there })

test('reads an address that was added, renewed or deleted', () => {
  const added =
    '[2026-11-23T03:42:54.282853] 2: eth0    inet 10.88.0.10/16 scope global secondary dynamic eth0\\       valid_lft 2sec'
  const deleted =
    '[2026-11-23T03:42:55.000007] Deleted 2: eth0    inet 10.88.0.10/16 scope global eth0\\       valid_lft 0sec'
  const [first, second] = [parseAddressChange(added)!, parseAddressChange(deleted)!]
  expect(first).toMatchObject({ address: '10.88.0.10', there: true })
  expect(second).toMatchObject({ address: '10.88.0.10', there: false })
  expect(second.atMs - first.atMs).toBeCloseTo(717.154, 3)
})

test('a line about something else is none', () => {
  expect(parseAddressChange('[2026-11-23T03:42:54.282853] 2: eth0    inet6 fe80::1/64 scope link')).toBeUndefined()
  expect(parseAddressChange('')).toBeUndefined()
})

test('the time that two share is counted once, renewals do not end it, and only among the nodes asked for', () => {
  const times = new HoldingTimes()
  times.note(0, at(100, true))
  times.note(0, at(200, true))
  times.note(1, at(250, true))
  times.note(2, at(260, true))
  times.note(0, at(300, false))
  times.note(2, at(310, false))
  expect(times.holders()).toEqual([1])
  expect(times.sharedMs([0, 1, 2], 0, 1000)).toBe(60)
  expect(times.sharedMs([0, 1], 0, 1000)).toBe(50)
  expect(times.sharedMs([0, 1], 280, 1000)).toBe(20)
  expect(times.sharedMs([0], 0, 1000)).toBe(0)
  expect(times.sharedMs([0, 1, 2], 0, 200)).toBe(0)
})
