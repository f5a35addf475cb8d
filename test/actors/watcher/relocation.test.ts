import { describe, expect, test } from 'vitest'
import { Bench, healthy, settings, VIP } from './bench.ts'

const OTHER = '10.0.0.21'
const at = (...addresses: readonly string[]) => ({
  ...healthy,
  addresses: addresses.map((address) => ({ address, prefixLength: address.includes(':') ? 64 : 24 })),
})
const unnamed = { ...settings, isManagementIpNamed: false }
const track = (state: 'ok' | 'failed', reason: string | null) => ({ type: 'track', source: 'address', state, reason })
const relocations = (bench: Bench) =>
  bench.effects.flatMap((effect) => (effect.type === 'relocate' ? [effect.own] : []))
const asOther = { managementIp: OTHER, managementPrefixLength: 24, linkLocalAddress: null }

describe('the node’s own address', () => {
  test('goes: the raw sockets are closed before every elector hears of it, with the reason; and is back', () => {
    const bench = new Bench().becomes(at())
    expect(bench.sent('raw-ip')).toEqual([{ type: 'interfaceChanged' }])
    expect(bench.sent('elector')).toEqual([])
    bench.expire('read', 50)
    const reason = 'managementIp 10.0.0.1 is not an address of eth0 any more'
    for (const elector of ['elector', 'elector-b'] as const) {
      expect(bench.sent(elector)).toContainEqual(track('failed', reason))
    }
    bench.becomes(healthy)
    expect(bench.sent('raw-ip')).toEqual([{ type: 'interfaceChanged' }])
    expect(bench.sent('elector')).toContainEqual(track('ok', null))
  })

  test('is taken off and put back within a moment: no elector hears of it', () => {
    const bench = new Bench().becomes(at())
    bench.truth = healthy
    const heard = [...bench.expire('read', 49).sent('elector'), ...bench.tick().sent('elector')]
    expect(heard).toEqual([])
    expect(bench.becomes(at()).sent('elector'), 'that it goes again is another matter').toEqual([])
  })

  test('is there all the time: nobody is told', () => {
    expect(
      new Bench()
        .tick()
        .sent('elector')
        .filter((message) => message.source === 'address'),
    ).toEqual([])
  })

  test('asks nobody in its name while it is gone', () => {
    expect(new Bench().becomes(at()).tick().asked().join()).not.toContain('10.0.0.1 >')
  })
})

describe('the interface has another address instead', () => {
  test('that the configuration does not name: the reason says which', () => {
    const bench = new Bench().becomes(at(OTHER, VIP))
    expect(relocations(bench)).toEqual([])
    expect(bench.expire('read', 50).sent('elector')).toContainEqual(
      track(
        'failed',
        'managementIp 10.0.0.1 is not an address of eth0 any more; it has 10.0.0.21: give it back, or name the new one',
      ),
    )
  })

  test('and the configuration names none: it is gone by, never a virtual one, and nobody hears of a failure', () => {
    const bench = new Bench(healthy, unnamed).becomes(at(VIP, OTHER))
    expect(relocations(bench)).toEqual([asOther])
    expect(bench.sent('elector')).toEqual([])
    bench.feed({ type: 'configured', options: { ...unnamed, managementIp: OTHER } })
    expect(relocations(bench.tick())).toEqual([])
  })

  test('it is asked for again once a second until it is so', () => {
    const bench = new Bench(healthy, unnamed).becomes(at(OTHER))
    expect(relocations(bench.tick())).toEqual([asOther])
  })

  test('later than the first one went: a failure until then', () => {
    const bench = new Bench(healthy, unnamed).becomes(at(VIP)).expire('read', 50)
    expect(bench.sent('elector')).toContainEqual(
      track('failed', 'eth0 has no address of its own any more: 10.0.0.1 is gone'),
    )
    bench.becomes(at(OTHER))
    expect(relocations(bench)).toEqual([asOther])
    expect(bench.sent('elector')).toContainEqual(track('ok', null))
  })
})

describe('the IPv6 link-local address', () => {
  const ipv6 = { ...settings, linkLocalAddress: 'fe80::1', ipv6Electors: ['elector-b'] as const }
  const both = at('10.0.0.1', 'fe80::1')

  test('goes: who elects over IPv6 hears of it, and nobody else', () => {
    const bench = new Bench(both, ipv6).becomes(at('10.0.0.1')).expire('read', 50)
    expect(bench.sent('elector-b')).toContainEqual(
      track('failed', 'eth0 has no IPv6 link-local address any more: fe80::1 is gone'),
    )
    expect(bench.sent('elector').filter((message) => message.source === 'address')).toEqual([])
  })

  test('is another one, as after a change of the MAC: it is gone by', () => {
    const bench = new Bench(both, ipv6).becomes(at('10.0.0.1', 'fe80::2'))
    expect(relocations(bench)).toMatchObject([{ managementIp: '10.0.0.1', linkLocalAddress: 'fe80::2' }])
  })
})
