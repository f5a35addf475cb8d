import { expect, test } from 'vitest'
import {
  foreignOnLoopback,
  missingOnLoopback,
  putOnLoopback,
  removeFromLoopback,
} from '../../../../actors/fast-path/kernel/loopback.ts'
import { FakeClock } from '../../../fakes/clock.ts'
import { FakeNetlink } from '../../../fakes/netlink.ts'

const VIPS = ['10.0.0.5', '10.0.0.6', 'fd00::5']

/** A loopback interface with these addresses on it by an administrator. */
function loopback(...addresses: readonly string[]): FakeNetlink {
  const netlink = new FakeNetlink(new FakeClock())
  netlink.addInterface('lo', '', ['127.0.0.1/8', ...addresses])
  return netlink
}

test('the virtual IPs are put there for good, and go again', () => {
  const netlink = loopback()
  expect(putOnLoopback(netlink, VIPS)).toEqual([])
  expect(missingOnLoopback(netlink, VIPS)).toEqual([])
  expect(removeFromLoopback(netlink, VIPS).ok).toBe(true)
  expect(netlink.addressesOf('lo')).toEqual(['127.0.0.1/8'])
})

test('an administrator’s own address does as well, is known as such, and stays', () => {
  const netlink = loopback('10.0.0.5/32')
  putOnLoopback(netlink, VIPS)
  expect(foreignOnLoopback(netlink, VIPS)).toEqual(['10.0.0.5'])
  removeFromLoopback(netlink, VIPS)
  expect(netlink.addressesOf('lo')).toEqual(['127.0.0.1/8', '10.0.0.5/32'])
})
