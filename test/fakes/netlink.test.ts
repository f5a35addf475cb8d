import { beforeEach, describe, expect, test } from 'vitest'
import { refused } from '../../runtime/ports/result.ts'
import { FakeClock } from './clock.ts'
import { FakeNetlink } from './netlink.ts'

describe('fake netlink', () => {
  let clock: FakeClock
  let netlink: FakeNetlink
  let interfaceIndex: number
  const vip = () => ({ interfaceIndex, address: '10.77.0.10', prefixLength: 24 })

  beforeEach(() => {
    clock = new FakeClock(5000)
    netlink = new FakeNetlink(clock)
    interfaceIndex = netlink.addInterface('eth0', '02:00:00:00:00:01', ['10.77.0.1/24', 'fd00::1/64'])
  })

  test('an interface is described as the kernel describes it', () => {
    netlink.setUp('eth0', false)
    expect(netlink.interfaceByName('eth0')).toEqual({
      ok: true,
      value: {
        index: interfaceIndex,
        name: 'eth0',
        mac: '02:00:00:00:00:01',
        mtu: 1500,
        up: false,
        addresses: [
          { family: 4, address: '10.77.0.1', prefixLength: 24, validLifetimeS: null },
          { family: 6, address: 'fd00::1', prefixLength: 64, validLifetimeS: null },
        ],
      },
    })
    expect(netlink.interfaceByName('eth1')).toMatchObject({ ok: false, code: 'ENODEV' })
  })

  test('an address goes at the end of its lifetime though no timer fires, as while a process is stopped', () => {
    expect(netlink.putAddress({ ...vip(), validLifetimeS: 3 }).ok).toBe(true)
    clock.jumpTo(7999)
    expect(netlink.addressesOf('eth0')).toContain('10.77.0.10/24')
    clock.jumpTo(8000)
    expect(netlink.addressesOf('eth0')).not.toContain('10.77.0.10/24')
  })

  test('a renewal counts anew, and an address is there once', () => {
    netlink.putAddress({ ...vip(), validLifetimeS: 3 })
    clock.advance(2000)
    netlink.putAddress({ ...vip(), validLifetimeS: 3 })
    clock.advance(2500)
    const found = netlink.interfaceByName('eth0')
    expect(found.ok && found.value.addresses.filter(({ address }) => address === '10.77.0.10')).toEqual([
      { family: 4, address: '10.77.0.10', prefixLength: 24, validLifetimeS: 1 },
    ])
  })

  test('removing is a success whether the address is there or not, or the interface is gone', () => {
    netlink.putAddress({ ...vip(), validLifetimeS: null })
    expect(netlink.removeAddress(vip()).ok).toBe(true)
    expect(netlink.addressesOf('eth0')).toEqual(['10.77.0.1/24', 'fd00::1/64'])
    expect(netlink.removeAddress(vip()).ok).toBe(true)
    netlink.removeInterface('eth0')
    expect(netlink.removeAddress(vip()).ok).toBe(true)
    expect(netlink.putAddress({ ...vip(), validLifetimeS: 3 })).toMatchObject({ ok: false, code: 'ENODEV' })
    expect(netlink.addressesOf('eth0')).toEqual([])
  })

  test('what the kernel would refuse is refused, and so is everything when told to', () => {
    expect(netlink.putAddress({ ...vip(), validLifetimeS: 0 })).toMatchObject({ code: 'EINVAL' })
    expect(netlink.putAddress({ ...vip(), address: 'vip', validLifetimeS: 3 })).toMatchObject({ code: 'EINVAL' })
    netlink.refuseChanges(refused('EPERM', 'not permitted'))
    expect(netlink.putAddress({ ...vip(), validLifetimeS: 3 })).toMatchObject({ code: 'EPERM' })
    expect(netlink.removeAddress(vip())).toMatchObject({ code: 'EPERM' })
    netlink.refuseChanges(undefined)
    expect(netlink.putAddress({ ...vip(), validLifetimeS: 3 }).ok).toBe(true)
  })
})
