import { beforeEach, describe, expect, test } from 'vitest'
import { kernelLifetimeS } from '../../../actors/announcer/holding/holding.ts'
import { describeAnnouncer } from '../../../actors/announcer/state.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeNetlink } from '../../fakes/netlink.ts'
import { Bench, MAC, permissionDenied, settings } from './bench.ts'

const OWN = '10.10.74.70/24'
const VIPS = ['10.10.74.74/24', '10.10.74.75/24']

let clock: FakeClock
let kernel: FakeNetlink
let bench: Bench

beforeEach(() => {
  clock = new FakeClock(1000.5)
  kernel = new FakeNetlink(clock)
  kernel.addInterface('eth0', MAC, [OWN])
  bench = new Bench(kernel, clock)
})

const addresses = (): readonly string[] => kernel.addressesOf('eth0')
const status = () => describeAnnouncer(bench.state, clock.nowMs())

describe('hold', () => {
  test('puts every address on the interface, then announces it, then reports', () => {
    bench.hold(3000)
    expect(addresses()).toEqual([OWN, ...VIPS])
    expect(bench.label).toBe('HOLDING')
    expect(bench.reports()).toEqual([{ type: 'held' }])
    const kinds = bench.kinds()
    expect(kinds.indexOf('putAddresses')).toBeLessThan(kinds.indexOf('sendGratuitousArp'))
    expect(status().virtualIps).toEqual([
      { address: '10.10.74.74', held: true },
      { address: '10.10.74.75', held: true },
    ])
  })

  test('a hold with little left of its lease is not forgotten by the kernel when a renewal follows at once', () => {
    bench.hold(1000).renew(30_000, 1)
    clock.jumpTo(clock.nowMs() + 29_000)
    expect(addresses()).toEqual([OWN, ...VIPS])
  })

  test('being made ready reads the interface, and changes nothing on it', () => {
    bench.feed({ type: 'makeReady' })
    expect(bench.kinds()).toContain('readInterface')
    expect(addresses()).toEqual([OWN])
    expect(bench.label).toBe('IDLE')
    bench.hold(3000).feed({ type: 'makeReady' })
    expect(bench.kinds()).toEqual([])
  })

  test('says so in the log', () => {
    bench.hold(3000)
    expect(bench.lines()).toEqual([
      'VRRP_Instance(51) setting protocol VIPs.',
      'TX Adding IPV4 Address 10.10.74.74',
      'TX Adding IPV4 Address 10.10.74.75',
      'VRRP_Instance(51) Sending gratuitous ARPs on eth0 for 10.10.74.74',
      'VRRP_Instance(51) Sending gratuitous ARPs on eth0 for 10.10.74.75',
    ])
  })

  test('a lease that is over before it is heard of takes nothing', () => {
    bench.hold(0)
    expect(bench.kinds()).toEqual(['send'])
    expect(bench.reports()).toEqual([{ type: 'leaseExpired' }])
    expect(bench.label).toBe('IDLE')
  })

  test('a second hold only prolongs: no second burst', () => {
    bench.hold(3000).feed({ type: 'hold', leaseUntilMs: clock.nowMs() + 500 + 3000 }, 500)
    expect(bench.of('sendGratuitousArp')).toEqual([])
    expect(bench.reports()).toEqual([])
    expect(bench.expire('lease').label).toBe('HOLDING')
  })

  test('reads MAC and index when it takes, since the interface may be another one than at start', () => {
    bench.feed({ type: 'start' })
    kernel.removeInterface('eth0')
    const index = kernel.addInterface('eth0', '02:00:00:00:00:99', [OWN])
    bench.hold(3000)
    expect(bench.of('sendGratuitousArp')).toEqual([
      {
        type: 'sendGratuitousArp',
        interfaceIndex: index,
        mac: '02:00:00:00:00:99',
        addresses: ['10.10.74.74', '10.10.74.75'],
      },
    ])
  })
})

describe('hold that fails', () => {
  test('an address that the kernel refuses is reported with its reason; none is kept', () => {
    kernel.refuseChanges(permissionDenied)
    bench.hold(3000)
    expect(bench.label).toBe('IDLE')
    expect(bench.reports()).toEqual([
      { type: 'holdFailed', address: '10.10.74.74', reason: permissionDenied.reason },
      { type: 'holdFailed', address: '10.10.74.75', reason: permissionDenied.reason },
    ])
    expect(bench.of('removeAddresses')).toHaveLength(1)
    expect(bench.of('sendGratuitousArp')).toEqual([])
    expect(bench.running.size).toBe(0)
    expect(textsOf(status().warnings)).toEqual([`cannot hold 10.10.74.74: ${permissionDenied.reason}`])
  })

  test('one refused of two is reported alone, and the other is taken off again', () => {
    bench.feed({ type: 'hold', leaseUntilMs: clock.nowMs() + 3000 })
    bench.feed({ type: 'addressesPut', refusals: [{ address: '10.10.74.75', reason: 'ENOSPC' }] })
    expect(bench.reports()).toEqual([{ type: 'holdFailed', address: '10.10.74.75', reason: 'ENOSPC' }])
    expect(addresses()).toEqual([OWN])
  })

  test('the warning goes when it works again', () => {
    kernel.refuseChanges(permissionDenied)
    bench.hold(3000)
    kernel.refuseChanges(undefined)
    bench.hold(3000)
    expect(textsOf(status().warnings)).toEqual([])
  })

  test('an interface that is not there fails every address', () => {
    kernel.removeInterface('eth0')
    bench.hold(3000)
    expect(bench.reports().map(({ type }) => type)).toEqual(['holdFailed', 'holdFailed'])
    expect(bench.of('putAddresses')).toEqual([])
  })
})

test('an address that somebody else speaks for is announced once, beside the schedule; one that is not held is not', () => {
  bench.hold(3000)
  const address = VIPS[0]!.split('/')[0]!
  const announced = () => bench.effects.filter(({ type }) => type === 'sendGratuitousArp')
  expect(bench.feed({ type: 'contested', address }) && announced()).toMatchObject([{ addresses: [address] }])
  expect(bench.feed({ type: 'contested', address: '10.0.0.199' }) && announced()).toEqual([])
  bench.feed({ type: 'release' })
  expect(bench.feed({ type: 'contested', address }) && announced()).toEqual([])
})

describe('fencing by lease', () => {
  test('the addresses are there until the last moment, and gone when it has come', () => {
    const held = bench.hold(3000)
    expect(held.running.get('lease')!.dueMs).toBe(clock.nowMs() + 3000)
    bench.feed({ type: 'announce' }, 2999.5)
    expect(addresses()).toEqual([OWN, ...VIPS])
    bench.expire('lease')
    expect(addresses()).toEqual([OWN])
    expect(bench.reports()).toEqual([{ type: 'leaseExpired' }])
    expect(status()).toMatchObject({ leaseExpiries: 1, virtualIps: [{ held: false }, { held: false }] })
    expect(bench.running.size).toBe(0)
  })

  test('after a stall the addresses go before the first event is looked at, whatever it is', () => {
    const late = clock.nowMs() + 20_000
    const events = [
      { type: 'announce' },
      { type: 'renew', leaseUntilMs: late },
      { type: 'hold', leaseUntilMs: late },
      { type: 'interfaceRead', result: kernel.interfaceByName('eth0') },
      { type: 'timerExpired', timer: 'garp' },
    ] as const
    for (const event of events) {
      bench = new Bench(kernel, clock).hold(3000)
      bench.feed(event, 3000)
      expect(bench.effects[0]?.type).toBe('removeAddresses')
      expect(bench.reports()[0]).toEqual({ type: 'leaseExpired' })
      const again = event.type === 'hold'
      expect(bench.label).toBe(again ? 'HOLDING' : 'IDLE')
      bench.feed({ type: 'release' })
    }
  })

  test('a renewal prolongs it; the timer that was started before only looks again', () => {
    bench.hold(3000).renew(3000, 1000).expire('lease')
    expect(bench.label).toBe('HOLDING')
    expect(bench.reports()).toEqual([])
    expect(bench.running.get('lease')!.dueMs).toBe(clock.nowMs() + 1000)
    expect(bench.expire('lease').label).toBe('IDLE')
  })

  test('a renewal from before never shortens it', () => {
    bench
      .hold(3000)
      .feed({ type: 'renew', leaseUntilMs: clock.nowMs() + 1000 })
      .feed({ type: 'announce' }, 2000)
    expect(bench.label).toBe('HOLDING')
  })

  test('a renewal does not take what is not held', () => {
    bench.renew(3000)
    expect(bench.effects).toEqual([])
    bench.hold(3000).feed({ type: 'release' }).renew(3000)
    expect(bench.effects).toEqual([])
    expect(addresses()).toEqual([OWN])
  })

  test('what ends it ends its timers, also the one that has just expired', () => {
    bench.hold(3000).expire('check', 60_000)
    expect(bench.kinds()).toContain('removeAddresses')
    expect(bench.kinds()).not.toContain('readInterface')
    expect(bench.running.size).toBe(0)
  })
})

describe('fencing by the kernel', () => {
  test('the addresses are put with the lifetime of the lease, and the kernel removes them from a stopped process', () => {
    bench.hold(3000)
    expect(bench.of('putAddresses')).toMatchObject([{ validLifetimeS: 3 }])
    clock.jumpTo(clock.nowMs() + 3000)
    expect(addresses()).toEqual([OWN])
  })

  test.each([
    [3000, 3],
    [2990, 3],
    [2400, 2],
    [30, 2],
    [120_000, 120],
  ])('a lease of %i ms is %i s: the nearest, at least 2', (leaseMs, seconds) => {
    expect(kernelLifetimeS(500 + leaseMs, 500, 0)).toBe(seconds)
  })

  test.each([
    [3000, 997, 4],
    [3000, 1000, 4],
    [2990, 997, 4],
    [30, 10, 2],
    [12_000, 3985, 16],
  ])(
    'behind a fence, with %i ms of lease left and a heir within %i ms, it is %i s: until then, in any case',
    (leaseMs, keptAfterLeaseMs, seconds) => {
      expect(kernelLifetimeS(500 + leaseMs, 500, keptAfterLeaseMs)).toBe(seconds)
    },
  )

  test('renewals every 10 ms refresh it about once a second, and it never runs out', () => {
    bench.hold(30)
    let puts = 0
    for (let advert = 0; advert < 500; advert++) {
      bench.renew(30, 10)
      puts += bench.of('putAddresses').length
      expect(addresses()).toEqual([OWN, ...VIPS])
    }
    expect(puts).toBe(5)
  })

  test('renewals every second refresh it each time', () => {
    bench.hold(3000)
    for (let advert = 0; advert < 5; advert++) {
      bench.renew(3000, 1000)
      expect(bench.of('putAddresses')).toMatchObject([{ validLifetimeS: 3 }])
    }
  })
})

describe('release', () => {
  test('removes every address, says so, reports, and leaves no timer', () => {
    bench.hold(3000).feed({ type: 'release' })
    expect(addresses()).toEqual([OWN])
    expect(bench.lines()).toEqual([
      'VRRP_Instance(51) removing protocol VIPs.',
      'TX Removing IPV4 Address 10.10.74.74',
      'TX Removing IPV4 Address 10.10.74.75',
    ])
    expect(bench.reports()).toEqual([{ type: 'released' }])
    expect(bench.running.size).toBe(0)
  })

  test('means nothing while nothing is held', () => {
    expect(bench.feed({ type: 'release' }).effects).toEqual([])
  })

  test('stop removes as well', () => {
    bench.hold(3000).feed({ type: 'stop' })
    expect(addresses()).toEqual([OWN])
    expect(bench.running.size).toBe(0)
  })

  test('an address that cannot be removed is an error in the log', () => {
    bench.feed({ type: 'removeRefused', address: '10.10.74.74', reason: 'EPERM' })
    expect(bench.lines()[0]).toContain('cannot remove 10.10.74.74: EPERM')
  })
})

describe('gratuitous ARP', () => {
  const roundsWithin = (ms: number): number[] => {
    const startMs = clock.nowMs()
    const at: number[] = []
    for (;;) {
      const due = bench.running.get('garp')?.dueMs
      if (due === undefined || due > startMs + ms) return at
      bench.expire('garp')
      if (bench.of('sendGratuitousArp').length > 0) at.push(clock.nowMs() - startMs)
    }
  }

  test('rule 18: a burst, and again after a delay, for every address', () => {
    bench.hold(10_000)
    expect(bench.of('sendGratuitousArp')).toHaveLength(1)
    expect(roundsWithin(5000)).toEqual([4, 1000, 1004])
    expect(status().gratuitousArpsSent).toBe(8)
  })

  test('rule 17: announce starts the burst again, repetition included', () => {
    bench.hold(10_000)
    roundsWithin(5000)
    bench.feed({ type: 'announce' })
    expect(bench.of('sendGratuitousArp')).toHaveLength(1)
    expect(bench.lines()).toContain('VRRP_Instance(51) Sending gratuitous ARPs on eth0 for 10.10.74.75')
    expect(roundsWithin(5000)).toEqual([4, 1000, 1004])
  })

  test('only the first frame of a burst is logged', () => {
    bench.hold(10_000).expire('garp')
    expect(bench.lines()).toEqual([])
  })

  test('announce means nothing while nothing is held', () => {
    expect(bench.feed({ type: 'announce' }).effects).toEqual([])
  })

  test('a refresh goes on while the addresses are held', () => {
    bench = new Bench(kernel, clock, { ...settings, garp: { ...settings.garp, refreshIntervalMs: 5000 } }).hold(60_000)
    expect(roundsWithin(12_000)).toEqual([4, 1000, 1004, 6004, 11_004])
  })

  test('a frame that cannot be sent is a warning until one can', () => {
    bench.feed({ type: 'garpRefused', address: '10.10.74.74', reason: 'ENETDOWN' })
    expect(textsOf(status().warnings)).toEqual(['cannot send gratuitous ARP for 10.10.74.74: ENETDOWN'])
    bench.feed({ type: 'garpRefused', address: '10.10.74.74', reason: 'ENETDOWN' })
    expect(bench.lines()).toEqual([])
    bench.feed({ type: 'garpSent', frames: 1 })
    expect(textsOf(status().warnings)).toEqual([])
  })
})

describe('start', () => {
  test('removes what a crashed predecessor has left behind, with the prefix that it has there', () => {
    kernel.putAddress({ interfaceIndex: 1, address: '10.10.74.74', prefixLength: 24, validLifetimeS: 3 })
    kernel.putAddress({ interfaceIndex: 1, address: '10.10.74.75', prefixLength: 32, validLifetimeS: 2 })
    bench.feed({ type: 'start' })
    expect(addresses()).toEqual([OWN])
    expect(bench.lines()[0]).toBe('10.10.74.74 was left behind on eth0: removing it')
    expect(bench.reports()).toEqual([])
  })

  test('touches nothing else', () => {
    bench.feed({ type: 'start' })
    expect(bench.kinds()).toEqual(['readInterface'])
    expect(addresses()).toEqual([OWN])
  })

  test('an interface that is not there yet is told, not fatal', () => {
    kernel.removeInterface('eth0')
    bench.feed({ type: 'start' })
    expect(bench.lines()[0]).toContain('left behind on eth0')
    expect(bench.label).toBe('IDLE')
  })
})

describe('reconciling', () => {
  test('an address that somebody removed is put back and announced by the next check', () => {
    bench.hold(30_000)
    kernel.removeAddress({ interfaceIndex: 1, address: '10.10.74.75', prefixLength: 24 })
    bench.expire('check')
    expect(addresses()).toEqual([OWN, ...VIPS])
    expect(bench.lines()[0]).toBe('10.10.74.75 was taken off eth0: putting it back')
    expect(bench.of('sendGratuitousArp')).toHaveLength(1)
    expect(bench.running.has('check')).toBe(true)
  })

  test('while all is well it only looks', () => {
    bench.hold(30_000).expire('check')
    expect(bench.kinds()).toEqual(['readInterface', 'startTimer'])
    expect(bench.running.get('check')!.dueMs).toBe(clock.nowMs() + 5000)
  })

  test('an interface that was replaced is announced with its new MAC', () => {
    bench.hold(30_000)
    kernel.removeInterface('eth0')
    const interfaceIndex = kernel.addInterface('eth0', '02:00:00:00:00:99', [OWN])
    bench.expire('check')
    expect(addresses()).toEqual([OWN, ...VIPS])
    expect(bench.of('sendGratuitousArp')).toMatchObject([{ interfaceIndex, mac: '02:00:00:00:00:99' }])
  })

  test('an interface that has gone ends the hold', () => {
    bench.hold(30_000)
    kernel.removeInterface('eth0')
    bench.expire('check')
    expect(bench.label).toBe('IDLE')
    expect(bench.reports().map(({ type }) => type)).toEqual(['holdFailed', 'holdFailed'])
  })

  test('an address that can no longer be renewed ends the hold', () => {
    bench.hold(3000)
    kernel.refuseChanges(permissionDenied)
    bench.renew(3000, 1000)
    expect(bench.label).toBe('IDLE')
    expect(bench.reports()).toMatchObject([{ type: 'holdFailed' }, { type: 'holdFailed' }])
  })

  test('a link that is down is a warning until it is up', () => {
    bench.hold(30_000)
    kernel.setUp('eth0', false)
    bench.expire('check')
    expect(textsOf(status().warnings)).toEqual(['eth0 is down: nobody reaches the virtual IPs'])
    kernel.setUp('eth0', true)
    bench.expire('check')
    expect(textsOf(status().warnings)).toEqual([])
  })
})

describe('other settings while it runs', () => {
  const garp = { ...settings.garp, refreshIntervalMs: 60_000 }

  test('another schedule of gratuitous ARP begins at once where addresses are held, and moves none', () => {
    bench.hold(30_000).feed({ type: 'configured', options: { ...settings, garp } })
    expect(bench.kinds()).not.toContain('putAddresses')
    expect(bench.of('sendGratuitousArp')).toHaveLength(1)
    for (let rounds = 0; rounds < 3; rounds++) bench.expire('garp')
    expect(bench.running.get('garp')?.dueMs).toBe(clock.nowMs() + 60_000)
  })

  test('a node that holds nothing sends nothing', () => {
    expect(bench.feed({ type: 'configured', options: { ...settings, garp } }).effects).toEqual([])
  })

  test('the same schedule is not begun anew', () => {
    expect(bench.hold(30_000).feed({ type: 'configured', options: { ...settings } }).effects).toEqual([])
  })
})
