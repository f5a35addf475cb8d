import { beforeEach, describe, expect, test } from 'vitest'
import { describeAnnouncer } from '../../../actors/announcer/state.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeNetlink } from '../../fakes/netlink.ts'
import { Bench, MAC } from './bench.ts'

const OWN = '10.10.74.70/24'
const VIPS = ['10.10.74.74/24', '10.10.74.75/24']
const STRANGER = '02:00:00:00:00:66'
const hint = { type: 'interfaceChanged' } as const
const occupied = { type: 'occupied', address: '10.10.74.74', mac: STRANGER } as const
const vacant = { type: 'vacant', address: '10.10.74.74' } as const

let kernel: FakeNetlink
let bench: Bench
let index: number

beforeEach(() => {
  const clock = new FakeClock()
  kernel = new FakeNetlink(clock)
  index = kernel.addInterface('eth0', MAC, [OWN])
  bench = new Bench(kernel, clock).feed({ type: 'start' })
})

const take = (address: string) => kernel.removeAddress({ interfaceIndex: index, address, prefixLength: 24 })
const add = (address: string) =>
  kernel.putAddress({ interfaceIndex: index, address, prefixLength: 24, validLifetimeS: null })
const held = () => kernel.addressesOf('eth0').toSorted()
const status = () => describeAnnouncer(bench.state, bench.clock.nowMs())

describe('an event of the interface', () => {
  test('an address that somebody removed is put back at once, and announced', () => {
    bench.hold(60_000)
    take('10.10.74.74')
    bench.feed(hint, 10)
    expect(held()).toEqual([OWN, ...VIPS])
    expect(bench.lines()[0]).toBe('10.10.74.74 was taken off eth0: putting it back')
    expect(bench.of('sendGratuitousArp')).toHaveLength(1)
  })

  test('nothing amiss: nothing is put, announced or said', () => {
    bench.hold(60_000).feed(hint, 10)
    expect(bench.of('putAddresses')).toEqual([])
    expect(bench.of('sendGratuitousArp')).toEqual([])
    expect(bench.lines()).toEqual([])
  })

  test('an address that somebody added to a node that is not director goes at once', () => {
    add('10.10.74.75')
    bench.feed(hint, 10)
    expect(held()).toEqual([OWN])
  })

  test('the interface is made anew: the addresses go on it, announced with the new MAC', () => {
    bench.hold(60_000)
    kernel.removeInterface('eth0')
    kernel.addInterface('eth0', '02:00:00:00:00:71', [OWN])
    bench.feed(hint, 10)
    expect(held()).toEqual([OWN, ...VIPS])
    expect(bench.of('sendGratuitousArp')[0]?.mac).toBe('02:00:00:00:00:71')
  })

  test('another tool that keeps removing: three times at once, then once a second, and it is named', () => {
    bench.hold(60_000)
    for (let time = 0; time < 3; time++) {
      expect(textsOf(status().warnings)).toEqual([])
      take('10.10.74.74')
      bench.feed(hint, 10)
      expect(held()).toContain('10.10.74.74/24')
    }
    expect(textsOf(status().warnings).join()).toMatch(/something else adds or removes the virtual IPs on eth0/)
    take('10.10.74.74')
    for (let event = 0; event < 50; event++) {
      expect(bench.feed(hint, 1).kinds()).toEqual([])
    }
    expect(held()).not.toContain('10.10.74.74/24')
    expect(bench.running.get('check')!.dueMs - bench.clock.nowMs()).toBeLessThanOrEqual(1000)
    bench.expire('check')
    expect(held()).toContain('10.10.74.74/24')
  })

  test('after ten quiet seconds it is at once again, and after twenty it is told no more', () => {
    bench.hold(600_000)
    for (let time = 0; time < 3; time++) {
      take('10.10.74.74')
      bench.feed(hint, 10)
    }
    take('10.10.74.74')
    bench.feed(hint, 10_000)
    expect(held()).toContain('10.10.74.74/24')
    bench.clock.jumpTo(bench.clock.nowMs() + 19_000)
    expect(textsOf(status().warnings)).toHaveLength(1)
    bench.clock.jumpTo(bench.clock.nowMs() + 1000)
    expect(textsOf(status().warnings)).toEqual([])
  })

  test('another tool that keeps adding where this node is not director: bounded, and checked again by itself', () => {
    for (let time = 0; time < 3; time++) {
      add('10.10.74.74')
      bench.feed(hint, 10)
      expect(held()).toEqual([OWN])
    }
    add('10.10.74.74')
    bench.feed(hint, 10).feed(hint, 10)
    expect(held()).not.toEqual([OWN])
    bench.expire('check')
    expect(held()).toEqual([OWN])
    expect(bench.running.size).toBe(0)
  })
})

describe('an address that a stranger has', () => {
  test('is not added, but named with the MAC; the others are held and announced', () => {
    bench.feed(occupied).hold(60_000)
    expect(held()).toEqual([OWN, VIPS[1]])
    expect(bench.reports()).toEqual([{ type: 'held' }])
    expect(bench.of('sendGratuitousArp')[0]?.addresses).toEqual(['10.10.74.75'])
    expect(status()).toMatchObject({
      virtualIps: [
        { address: '10.10.74.74', held: false },
        { address: '10.10.74.75', held: true },
      ],
      warnings: [{ text: `10.10.74.74 is held by ${STRANGER}, which is no VRRP master: not adding it` }],
    })
  })

  test('is not added by a renewal or a check either', () => {
    bench.feed(occupied).hold(30_000).renew(30_000, 1000)
    bench.expire('check')
    expect(held()).toEqual([OWN, VIPS[1]])
  })

  test('is added and announced as soon as it is free', () => {
    bench.feed(occupied).hold(60_000).feed(vacant, 5000)
    expect(held()).toEqual([OWN, ...VIPS])
    expect(bench.of('sendGratuitousArp')[0]?.addresses).toEqual(['10.10.74.74', '10.10.74.75'])
    expect(textsOf(status().warnings)).toEqual([])
  })

  test('free again before the takeover: nothing was wrong', () => {
    bench.feed(occupied).feed(vacant).hold(60_000)
    expect(held()).toEqual([OWN, ...VIPS])
    expect(textsOf(status().warnings)).toEqual([])
  })

  test('what is held already stays held', () => {
    bench.hold(30_000).feed(occupied).renew(30_000, 1000)
    bench.expire('check')
    expect(held()).toEqual([OWN, ...VIPS])
  })

  test('released while it waits: the warning goes, and nothing is added later', () => {
    bench.feed(occupied).hold(60_000).feed({ type: 'release' }).feed(vacant)
    expect(held()).toEqual([OWN])
    expect(textsOf(status().warnings)).toEqual([])
  })

  test('an address of another instance is no concern', () => {
    bench.feed({ ...occupied, address: '10.10.74.99' }).hold(60_000)
    expect(textsOf(status().warnings)).toEqual([])
  })
})

describe('an interface that was read before the takeover', () => {
  test('is not read again until the addresses are on it and announced; nobody waits for a look', () => {
    const kinds = bench.hold(60_000).kinds()
    expect(kinds.indexOf('putAddresses')).toBeLessThan(kinds.indexOf('sendGratuitousArp'))
    expect(kinds.indexOf('sendGratuitousArp')).toBeLessThan(kinds.indexOf('readInterface'))
    expect(held()).toEqual([OWN, ...VIPS])
    expect(bench.of('sendGratuitousArp')).toHaveLength(1)
  })

  test('was made anew and nobody said so: read after all, and held', () => {
    kernel.removeInterface('eth0')
    kernel.addInterface('eth0', '02:00:00:00:00:71', [OWN])
    bench.hold(60_000)
    expect(bench.reports()).toEqual([{ type: 'held' }])
    expect(held()).toEqual([OWN, ...VIPS])
    expect(bench.of('sendGratuitousArp').map(({ mac }) => mac)).toEqual(['02:00:00:00:00:71'])
  })

  test('has gone: the hold fails as it does where nothing was remembered', () => {
    kernel.removeInterface('eth0')
    bench.hold(60_000)
    expect(bench.label).toBe('IDLE')
    expect(bench.reports().map(({ type }) => type)).toEqual(['holdFailed', 'holdFailed'])
  })
})
