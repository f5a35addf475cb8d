import { beforeEach, describe, expect, test } from 'vitest'
import { YIELD_MS } from '../../../../actors/announcer/holding/yielding.ts'
import { describeAnnouncer } from '../../../../actors/announcer/state.ts'
import { FakeClock } from '../../../fakes/clock.ts'
import { FakeNetlink } from '../../../fakes/netlink.ts'
import { Bench, MAC } from '../bench.ts'

const OWN = '10.10.74.70/24'
const VIPS = ['10.10.74.74/24', '10.10.74.75/24']

let kernel: FakeNetlink
let bench: Bench
const addresses = () => kernel.addressesOf('eth0')

beforeEach(() => {
  const clock = new FakeClock()
  kernel = new FakeNetlink(clock)
  kernel.addInterface('eth0', MAC, [OWN])
  bench = new Bench(kernel, clock)
})

describe('yield: somebody else takes the addresses this moment', () => {
  test('they stay until that one has said so, and then go; only then is it reported', () => {
    bench.hold(3000).feed({ type: 'yield' })
    expect([bench.label, addresses(), bench.reports()]).toEqual(['YIELDING', [OWN, ...VIPS], []])
    expect(describeAnnouncer(bench.state, bench.clock.nowMs()).virtualIps.every(({ held }) => held)).toBe(true)
    bench.expire('yield')
    expect([bench.label, addresses(), bench.reports()]).toEqual(['IDLE', [OWN], [{ type: 'released' }]])
    expect(bench.running.size).toBe(0)
  })

  test('nothing is said, renewed or put back for them meanwhile', () => {
    bench.hold(3000).feed({ type: 'yield' })
    expect([...bench.running.keys()]).toEqual(['yield'])
    kernel.removeAddress({ interfaceIndex: 1, address: '10.10.74.74', prefixLength: 24 })
    bench.feed({ type: 'announce' })
    expect(bench.effects).toEqual([])
    bench.feed({ type: 'interfaceChanged' }).renew(3000)
    expect(addresses()).toEqual([OWN, VIPS[1]])
    expect([bench.of('sendGratuitousArp'), bench.of('putAddresses')]).toEqual([[], []])
  })

  test('they are never there for longer than the lease', () => {
    bench.hold(YIELD_MS / 2).feed({ type: 'yield' })
    expect(bench.running.get('yield')?.dueMs).toBe(bench.clock.nowMs() + YIELD_MS / 2)
  })

  test('a process that stood still meanwhile lets them go before anything else', () => {
    bench.hold(3000).feed({ type: 'yield' }).feed({ type: 'announce' }, 500)
    expect([bench.label, addresses(), bench.reports()]).toEqual(['IDLE', [OWN], [{ type: 'released' }]])
  })

  test('a release ends it at once', () => {
    bench.hold(3000).feed({ type: 'yield' }).feed({ type: 'release' })
    expect([bench.label, addresses(), bench.reports()]).toEqual(['IDLE', [OWN], [{ type: 'released' }]])
  })

  test('whoever is to hold again holds, announces it, and keeps them', () => {
    bench.hold(3000).feed({ type: 'yield' }).hold(3000)
    expect(bench.label).toBe('HOLDING')
    expect(bench.of('sendGratuitousArp')).toHaveLength(1)
    bench.expire('yield')
    expect([bench.label, addresses()]).toEqual(['HOLDING', [OWN, ...VIPS]])
  })

  test('where nothing is held there is nothing to wait for', () => {
    bench.feed({ type: 'yield' })
    expect([bench.label, bench.reports()]).toEqual(['IDLE', [{ type: 'released' }]])
  })
})
