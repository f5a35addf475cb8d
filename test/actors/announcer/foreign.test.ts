import { beforeEach, describe, expect, test } from 'vitest'
import { describeAnnouncer } from '../../../actors/announcer/state.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeNetlink } from '../../fakes/netlink.ts'
import { Bench, MAC } from './bench.ts'

const OWN = '10.10.74.70/24'
const [VIP, OTHER_VIP] = ['10.10.74.74/24', '10.10.74.75/24']
const hint = { type: 'interfaceChanged' } as const

let kernel: FakeNetlink
let bench: Bench

/** An interface that has these addresses for ever when the gateway starts. */
function startOn(...addresses: readonly string[]): void {
  const clock = new FakeClock()
  kernel = new FakeNetlink(clock)
  kernel.addInterface('eth0', MAC, addresses)
  bench = new Bench(kernel, clock).feed({ type: 'start' })
}

const held = () => kernel.addressesOf('eth0').toSorted()
const lifetimeOf = (text: string) => {
  const found = kernel.interfaceByName('eth0')
  return found.ok
    ? found.value.addresses.find((one) => `${one.address}/${one.prefixLength}` === text)?.validLifetimeS
    : 0
}
const warnings = () => textsOf(describeAnnouncer(bench.state, bench.clock.nowMs()).warnings)

describe('a virtual IP that an administrator has put on the interface', () => {
  beforeEach(() => startOn(OWN, VIP))

  test('stays at the start, and is told', () => {
    expect(held()).toEqual([OWN, VIP])
    expect(warnings().join()).toMatch(/10\.10\.74\.74\/24 is on eth0 by somebody else's hand/)
  })

  test('stays as it is, for ever, while this node is director, when it gives up and when it stops', () => {
    bench.hold(60_000)
    expect(lifetimeOf(VIP)).toBeNull()
    expect(lifetimeOf(OTHER_VIP)).toBeGreaterThan(0)
    bench.feed({ type: 'release' })
    expect(held()).toEqual([OWN, VIP])
    bench.hold(60_000).feed({ type: 'stop' })
    expect(held()).toEqual([OWN, VIP])
  })

  test('is this node’s own business from the moment that the administrator has taken it off', () => {
    kernel.removeAddress({ interfaceIndex: 1, address: '10.10.74.74', prefixLength: 24 })
    bench.feed(hint, 10)
    expect(warnings()).toEqual([])
    bench.hold(60_000).feed({ type: 'release' })
    expect(held()).toEqual([OWN])
  })

  test('with another prefix: ours comes beside it, and goes alone', () => {
    startOn(OWN, '10.10.74.74/32')
    bench.hold(60_000)
    expect(held()).toEqual([OWN, VIP, '10.10.74.74/32', OTHER_VIP].toSorted())
    bench.feed({ type: 'release' })
    expect(held()).toEqual([OWN, '10.10.74.74/32'])
  })
})

test('what a predecessor left behind has an end, and goes', () => {
  startOn(OWN)
  kernel.putAddress({ interfaceIndex: 1, address: '10.10.74.74', prefixLength: 24, validLifetimeS: 3 })
  const again = new Bench(kernel, bench.clock as FakeClock).feed({ type: 'start' })
  expect(held()).toEqual([OWN])
  expect(again.lines()[0]).toMatch(/left behind/)
})
