import { beforeEach, expect, test } from 'vitest'
import { RESET_PATIENCE_MS, YIELD_MS } from '../../../actors/announcer/holding/yielding.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeNetlink } from '../../fakes/netlink.ts'
import { Bench, MAC, settings } from './bench.ts'

const OWN = '10.10.74.70/24'
const VIPS = ['10.10.74.74/24', '10.10.74.75/24']
const ASKED = [{ type: 'resetConnections', addresses: ['10.10.74.74', '10.10.74.75'] }]

let kernel: FakeNetlink
let interfaceIndex: number
let bench: Bench
const addresses = () => kernel.addressesOf('eth0')

/** Of a node whose forwarders' connections end with the addresses. */
beforeEach(() => {
  const clock = new FakeClock()
  kernel = new FakeNetlink(clock)
  interfaceIndex = kernel.addInterface('eth0', MAC, [OWN])
  bench = new Bench(kernel, clock, { ...settings, forwardedBy: 'forwarder' })
})

test('who gives way has clients told when all have heard who follows, and only then lets the addresses go', () => {
  bench.hold(3000).feed({ type: 'yield' })
  expect([bench.label, bench.of('resetConnections')]).toEqual(['YIELDING', []])
  bench.expire('yield')
  expect([bench.label, addresses(), bench.of('resetConnections')]).toEqual(['RESETTING', [OWN, ...VIPS], ASKED])
  bench.feed({ type: 'connectionsReset' })
  expect([bench.label, addresses(), bench.reports()]).toEqual(['IDLE', [OWN], [{ type: 'released' }]])
})

test('so does who releases them without a follower', () => {
  bench.hold(3000).feed({ type: 'release' })
  expect([bench.label, addresses(), bench.of('resetConnections')]).toEqual(['RESETTING', [OWN, ...VIPS], ASKED])
  expect(bench.feed({ type: 'connectionsReset' }).label).toBe('IDLE')
})

test('addresses that somebody took off are there for the resets', () => {
  bench.hold(3000)
  for (const virtualIp of settings.virtualIps) kernel.removeAddress({ ...virtualIp, interfaceIndex })
  expect(addresses()).toEqual([OWN])
  bench.feed({ type: 'release' })
  expect([bench.label, addresses(), bench.of('resetConnections')]).toEqual(['RESETTING', [OWN, ...VIPS], ASKED])
})

test('forwarders that do not answer keep the addresses from nobody', () => {
  bench.hold(3000).feed({ type: 'yield' }).expire('yield')
  expect(bench.running.get('yield')?.dueMs).toBe(YIELD_MS + RESET_PATIENCE_MS)
  bench.expire('yield')
  expect([bench.label, addresses()]).toEqual(['IDLE', [OWN]])
  expect(bench.feed({ type: 'connectionsReset' }).effects).toEqual([])
})

test('it all ends with the lease: half of a short one is for telling clients', () => {
  bench.hold(YIELD_MS).feed({ type: 'yield' })
  expect(bench.running.get('yield')?.dueMs).toBe(YIELD_MS / 2)
  bench.expire('yield')
  expect(bench.running.get('yield')?.dueMs).toBe(YIELD_MS)
})

test('a lease that is over takes the addresses at once', () => {
  bench.hold(3000).feed({ type: 'renew', leaseUntilMs: 0 }, 3000)
  expect([bench.label, addresses(), bench.of('resetConnections')]).toEqual(['IDLE', [OWN], []])
})

test('an ordered stop waits for it, whatever was under way', () => {
  bench.hold(3000).feed({ type: 'yield' }).feed({ type: 'stop' })
  expect([bench.label, bench.of('stopped')]).toEqual(['YIELDING', []])
  expect(bench.expire('yield').feed({ type: 'connectionsReset' }).of('stopped')).toHaveLength(1)
  expect(bench.hold(3000).feed({ type: 'stop' }).label).toBe('RESETTING')
  expect(bench.feed({ type: 'connectionsReset' }).of('stopped')).toHaveLength(1)
  expect(bench.feed({ type: 'stop' }).of('stopped')).toHaveLength(1)
})
