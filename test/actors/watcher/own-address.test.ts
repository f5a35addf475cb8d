import { expect, test } from 'vitest'
import { Bench, healthy, OWN_MAC, settings } from './bench.ts'

const NEW_MAC = '02:00:00:00:00:77'
const moved = { ...healthy, link: { index: 2, mac: NEW_MAC, up: true, mtu: 1500 } }
const announced = (bench: Bench) =>
  bench.effects.flatMap((effect) => (effect.type === 'announce' ? [`${effect.address} at ${effect.mac}`] : []))

test('another MAC is told to discovery and the fast path at once, and the node says its own address by it', () => {
  const bench = new Bench().becomes(moved)
  expect(bench.sent('discovery')).toEqual([{ type: 'device', mac: NEW_MAC }])
  expect(bench.sent('fast-path')).toEqual([{ type: 'interfaceChanged' }])
  expect(announced(bench)).toEqual([`10.0.0.1 at ${NEW_MAC}`])
})

test('it says so three times in all, a second apart', () => {
  const bench = new Bench().becomes(moved)
  expect(announced(bench.tick())).toEqual([`10.0.0.1 at ${NEW_MAC}`])
  expect(announced(bench.tick())).toEqual([`10.0.0.1 at ${NEW_MAC}`])
  expect(announced(bench.tick())).toEqual([])
})

test('an interface that is made anew without its address: it is said as soon as it is back', () => {
  const bench = new Bench().becomes({ ...moved, addresses: [] })
  expect(announced(bench)).toEqual([])
  bench.truth = moved
  expect(announced(bench.tick())).toEqual([])
  expect(announced(bench.becomes(moved).tick())).toEqual([`10.0.0.1 at ${NEW_MAC}`])
})

test('the same MAC as before is no news', () => {
  const bench = new Bench().becomes({ ...healthy, link: { index: 2, mac: OWN_MAC, up: false, mtu: 1500 } })
  expect(bench.sent('discovery')).toEqual([])
  expect(announced(bench.becomes(healthy))).toEqual([])
})

test('discovery that starts later is told the MAC of now', () => {
  const bench = new Bench().becomes(moved).feed({ type: 'peerDown', peer: 'discovery' })
  expect(bench.feed({ type: 'peerUp', peer: 'discovery' }).sent('discovery')).toEqual([
    { type: 'device', mac: NEW_MAC },
  ])
})

test('of IPv6 the link-local address is said as well', () => {
  const own = { address: 'fe80::1', prefixLength: 64 }
  const addresses = [...healthy.addresses, own]
  const bench = new Bench({ ...healthy, addresses }, { ...settings, linkLocalAddress: 'fe80::1' })
  expect(announced(bench.becomes({ ...moved, addresses }))).toEqual([`10.0.0.1 at ${NEW_MAC}`, `fe80::1 at ${NEW_MAC}`])
})
