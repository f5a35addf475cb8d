import { describe, expect, it } from 'vitest'
import { parseMonitorLine, VipHolders } from '../../../../runtime/lab/testbed/vip-holders.ts'

describe('parseMonitorLine', () => {
  it.each([
    [
      '2: eth0    inet 10.10.74.74/16 scope global secondary eth0\\       valid_lft forever preferred_lft forever',
      { type: 'address', address: '10.10.74.74', held: true },
    ],
    [
      'Deleted 2: eth0    inet 10.10.74.74/16 scope global eth0\\       valid_lft forever',
      { type: 'address', address: '10.10.74.74', held: false },
    ],
    [
      '10.10.74.74 dev eth0 lladdr 3a:01:02:03:04:ff REACHABLE ',
      { type: 'neighbour', address: '10.10.74.74', mac: '3a:01:02:03:04:ff' },
    ],
  ])('reads %s', (line, expected) => {
    expect(parseMonitorLine(line)).toEqual(expected)
  })

  it.each([
    '1: lo    inet 10.10.74.74/32 scope host lo',
    '2: eth0    inet6 fe80::1/64 scope link',
    '10.10.74.74 dev eth0  FAILED',
    '',
  ])('leaves out %j', (line) => {
    expect(parseMonitorLine(line)).toBeUndefined()
  })
})

describe('VipHolders', () => {
  it('follows the VIP from one host to the next', () => {
    const holders = new VipHolders()
    holders.setHeld('a', true, 0)
    expect(holders.now).toEqual(['a'])
    holders.setHeld('a', false, 10)
    holders.setHeld('b', true, 700)
    expect(holders.now).toEqual(['b'])
    expect(holders.longestDoubleMs(800)).toBe(0)
  })

  it('tells a change from the renewal of what is known', () => {
    const holders = new VipHolders()
    expect([holders.setHeld('a', true, 0), holders.setHeld('a', true, 1000)]).toEqual([true, false])
    expect([holders.setHeld('a', false, 2000), holders.setHeld('a', false, 3000)]).toEqual([true, false])
  })

  it('measures the longest time with two holders, also while it lasts', () => {
    const holders = new VipHolders()
    holders.setHeld('a', true, 0)
    holders.setHeld('b', true, 100)
    expect(holders.longestDoubleMs(130)).toBe(30)
    holders.setHeld('a', false, 112)
    holders.setHeld('c', true, 200)
    holders.setHeld('c', false, 205)
    expect(holders.longestDoubleMs(900)).toBe(12)
  })

  it('does not count a host whose cable is pulled, until it is plugged in again', () => {
    const holders = new VipHolders()
    holders.setHeld('a', true, 0)
    holders.setPlugged('a', false, 10)
    holders.setHeld('b', true, 3600)
    expect(holders.now).toEqual(['b'])
    expect(holders.longestDoubleMs(5000)).toBe(0)
    holders.setPlugged('a', true, 6000)
    expect(holders.now).toEqual(['a', 'b'])
    expect(holders.longestDoubleMs(6100)).toBe(100)
  })
})
