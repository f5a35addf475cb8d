import { beforeEach, describe, expect, test } from 'vitest'
import { ADDED_PATIENCE_MS } from '../../../actors/announcer/configuring.ts'
import { type AnnouncerSettings, describeAnnouncer } from '../../../actors/announcer/state.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeNetlink } from '../../fakes/netlink.ts'
import { Bench, MAC, settings } from './bench.ts'

const OWN = '10.10.74.70/24'
const [FIRST, SECOND, THIRD] = ['10.10.74.74/24', '10.10.74.75/24', '10.10.74.76/24'] as const
const STRANGER = '02:00:00:00:00:66'

let clock: FakeClock
let kernel: FakeNetlink
let bench: Bench
let options: AnnouncerSettings

function begin(changes: Partial<AnnouncerSettings> = {}): void {
  clock = new FakeClock(1000)
  kernel = new FakeNetlink(clock)
  kernel.addInterface('eth0', MAC, [OWN])
  options = { ...settings, ...changes }
  bench = new Bench(kernel, clock, options).feed({ type: 'start' })
}
beforeEach(() => begin())

const withPrefix = (text: string) => {
  const [address = '', length] = text.split('/')
  return { address, prefixLength: Number(length) }
}
const configured = (...virtualIps: readonly string[]) => {
  options = { ...options, virtualIps: virtualIps.map(withPrefix) }
  return bench.feed({ type: 'configured', options })
}
const onInterface = () => kernel.addressesOf('eth0')
const status = () => describeAnnouncer(bench.state, clock.nowMs())
const announced = () => bench.of('sendGratuitousArp').flatMap(({ addresses }) => addresses)
/** As the watcher says when nobody has answered for it. */
const admitted = (address = '10.10.74.76') => bench.renew(60_000).feed({ type: 'vacant', address })

describe('a virtual IP that is added while the others are held', () => {
  beforeEach(() => {
    bench.hold(60_000)
    configured(FIRST, SECOND, THIRD)
  })

  test('is not held at once: somebody else may have it; the others stay as they are', () => {
    expect(onInterface()).toEqual([OWN, FIRST, SECOND])
    expect(bench.of('putAddresses')).toEqual([])
    expect(status().virtualIps.map(({ held }) => held)).toEqual([true, true, false])
    expect(bench.label).toBe('HOLDING')
  })

  test('is held when nobody has answered for it, and announced', () => {
    admitted()
    expect(onInterface()).toEqual([OWN, FIRST, SECOND, THIRD])
    expect(announced()).toContain('10.10.74.76')
    expect(status().virtualIps.every(({ held }) => held)).toBe(true)
    expect(bench.reports()).toEqual([])
  })

  test('or when the watcher has said nothing for too long', () => {
    const before = clock.nowMs()
    bench.renew(60_000).expire('added')
    expect(clock.nowMs() - before).toBe(ADDED_PATIENCE_MS)
    expect(onInterface()).toEqual([OWN, FIRST, SECOND, THIRD])
  })

  test('is withheld where somebody has, with a warning, until that one is gone', () => {
    bench.feed({ type: 'occupied', address: '10.10.74.76', mac: STRANGER })
    bench.renew(60_000).expire('added')
    expect(onInterface()).toEqual([OWN, FIRST, SECOND])
    expect(textsOf(status().warnings)).toEqual([
      `10.10.74.76 is held by ${STRANGER}, which is no VRRP master: not adding it`,
    ])
    bench.feed({ type: 'vacant', address: '10.10.74.76' })
    expect(onInterface()).toEqual([OWN, FIRST, SECOND, THIRD])
    expect(textsOf(status().warnings)).toEqual([])
  })

  test('is not put there by a renewal, or by the look at the interface, before its time', () => {
    bench.renew(60_000, 2000).expire('check')
    expect(onInterface()).toEqual([OWN, FIRST, SECOND])
  })

  test('goes with the others, and is taken with them the next time', () => {
    admitted()
    bench.feed({ type: 'release' })
    expect(onInterface()).toEqual([OWN])
    bench.hold(60_000)
    expect(onInterface()).toEqual([OWN, FIRST, SECOND, THIRD])
  })

  test('and taken away again before its time is nobody’s', () => {
    configured(FIRST, SECOND)
    admitted()
    expect(onInterface()).toEqual([OWN, FIRST, SECOND])
    expect(status().virtualIps).toHaveLength(2)
  })

  test('gives way to a release in between', () => {
    bench.feed({ type: 'release' })
    expect(onInterface()).toEqual([OWN])
    expect(bench.running.has('added')).toBe(false)
  })
})

test('a virtual IP that is added where none is held is swept off, unless an administrator has put it there', () => {
  kernel.putAddress({ interfaceIndex: 1, ...withPrefix(THIRD), validLifetimeS: 60 })
  configured(FIRST, SECOND, THIRD)
  expect(onInterface()).toEqual([OWN])
  kernel.putAddress({ interfaceIndex: 1, ...withPrefix('10.10.74.77/24'), validLifetimeS: null })
  configured(FIRST, SECOND, '10.10.74.77/24')
  expect(onInterface()).toEqual([OWN, '10.10.74.77/24'])
  expect(textsOf(status().warnings).join()).toMatch(/10\.10\.74\.77\/24 is on eth0 by somebody else's hand/)
  configured(FIRST, SECOND)
  expect(textsOf(status().warnings)).toEqual([])
})

describe('a virtual IP that is removed', () => {
  test('goes at once, and the others stay', () => {
    bench.hold(60_000)
    configured(FIRST)
    expect(onInterface()).toEqual([OWN, FIRST])
    expect(status().virtualIps).toEqual([{ address: '10.10.74.74', held: true }])
    bench.renew(60_000, 2000)
    expect(onInterface()).toEqual([OWN, FIRST])
    expect([bench.label, bench.reports()]).toEqual(['HOLDING', []])
  })

  test('goes also while they are given up', () => {
    bench.hold(60_000).feed({ type: 'yield' })
    expect(bench.label).toBe('YIELDING')
    configured(FIRST)
    expect(onInterface()).toEqual([OWN, FIRST])
    bench.expire('yield')
    expect(onInterface()).toEqual([OWN])
  })

  test('and while connections are being reset', () => {
    begin({ forwardedBy: 'forwarder' })
    bench.hold(60_000).feed({ type: 'release' })
    expect(bench.label).toBe('RESETTING')
    configured(SECOND)
    expect(onInterface()).toEqual([OWN, SECOND])
    bench.feed({ type: 'connectionsReset' })
    expect(onInterface()).toEqual([OWN])
  })

  test('that somebody else had is not spoken of any more', () => {
    bench.feed({ type: 'occupied', address: '10.10.74.75', mac: STRANGER }).hold(60_000)
    expect(textsOf(status().warnings)).toHaveLength(1)
    configured(FIRST)
    expect(textsOf(status().warnings)).toEqual([])
    configured(FIRST, SECOND)
    admitted('10.10.74.75')
    expect(onInterface()).toEqual([OWN, FIRST, SECOND])
  })

  test('where nothing is held, touches nothing', () => {
    configured(FIRST)
    expect(bench.of('removeAddresses')).toEqual([])
  })
})

test('a virtual IP with another prefix is there again within the same turn', () => {
  bench.hold(60_000)
  configured('10.10.74.74/16', SECOND)
  expect(onInterface().toSorted()).toEqual([OWN, '10.10.74.74/16', SECOND].toSorted())
  expect(status().virtualIps.every(({ held }) => held)).toBe(true)
})

describe('in kernel mode', () => {
  const all = ['10.10.74.74', '10.10.74.75', '10.10.74.76']
  const forwarded = (...virtualIps: readonly string[]) =>
    bench.feed({ type: 'forwarded', virtualIps, ready: virtualIps })
  beforeEach(() => {
    begin({ forwardedBy: 'fast-path' })
    bench.hold(60_000)
    forwarded(...all.slice(0, 2))
    configured(FIRST, SECOND, THIRD)
  })

  test('one that is added is announced when it is forwarded here', () => {
    admitted()
    expect(onInterface()).toContain(THIRD)
    expect(announced()).toEqual([])
    forwarded(...all)
    expect(announced()).toEqual(all)
  })

  test('or when the fast path has had its time', () => {
    admitted()
    expect(bench.expire('ready').of('sendGratuitousArp')).toHaveLength(1)
  })

  test('one that is taken away again is waited for no longer', () => {
    admitted()
    configured(FIRST, SECOND)
    expect(announced()).toEqual(all.slice(0, 2))
  })
})
