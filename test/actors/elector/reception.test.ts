import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { receive, sameAddresses } from '../../../actors/elector/reception.ts'
import { Bench, type Heard, heardAdvert, OTHER, OWN, VIP, v2, v3 } from './bench.ts'

const packetOf = (options: typeof v2, heard: Heard): Uint8Array => {
  const event = heardAdvert(options, heard)
  if (event.type !== 'packet') throw new Error('not a packet')
  return event.packet
}

describe('reception', () => {
  test.each([v2, v3])('an advert of our virtual router is taken, v$version', (options) => {
    expect(receive(packetOf(options, { priority: 7 }), options)).toMatchObject({
      ok: true,
      source: OTHER,
      advert: { priority: 7, virtualRouterId: 51 },
    })
  })

  test.each([
    ['rule 1: a TTL of 254', { ip: { ttl: 254 } }, 'ttl'],
    ['rule 4: another VRID', { virtualRouterId: 52 }, 'vrid'],
    ['rule 4: version 2 where we speak 3', { version: 2 as const }, 'version'],
    ['rule 6: our own advert, looped back', { source: OWN }, 'ownLoop'],
    ['rule 6: our own advert, even if a router mangled it', { source: OWN, ip: { ttl: 3 } }, 'ownLoop'],
  ])('%s is discarded', (_, heard, reason) => {
    expect(receive(packetOf(v3, heard), v3)).toMatchObject({ ok: false, reason })
  })

  test('rule 5: a v2 interval other than ours is discarded', () => {
    expect(receive(packetOf(v2, { advertIntervalCs: 200 }), v2)).toMatchObject({ ok: false, reason: 'interval' })
  })

  test('rule 5: a v3 interval other than ours is taken', () => {
    expect(receive(packetOf(v3, { advertIntervalCs: 7 }), v3)).toMatchObject({
      ok: true,
      advert: { advertIntervalCs: 7 },
    })
  })

  test('fuzz: noise is a value, never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(receive(bytes, v3).ok).toBe(false)
      }),
    )
  })

  test('address lists are compared as sets', () => {
    expect(sameAddresses([VIP, OWN], [OWN, VIP])).toBe(true)
    expect(sameAddresses([VIP], [OWN, VIP])).toBe(false)
    expect(sameAddresses([VIP, OWN], [VIP])).toBe(false)
    expect(sameAddresses([VIP, OWN], [VIP, OTHER])).toBe(false)
  })
})

describe('rule 4: what is discarded is counted, and told at a limited rate', () => {
  test.each([
    ['ttl', { ip: { ttl: 1 } }, 1],
    ['version', { version: 2 as const }, 1],
    ['vrid', { virtualRouterId: 9 }, 0],
    ['ownLoop', { source: OWN }, 0],
  ])('%s', (reason, heard, lines) => {
    const bench = new Bench(v3).started()
    bench.hear(heard)
    expect(bench.lines()).toHaveLength(lines)
    bench.hear(heard, 100)
    expect(bench.lines()).toEqual([])
    expect(bench.counter(`discarded.${reason}`)).toBe(2)
    expect(bench.counter('advertsReceived')).toBe(0)
  })

  test('a discarded advert leaves the timers alone', () => {
    const bench = new Bench(v3).started()
    bench.hear({ priority: 200, ip: { ttl: 254 } }, 1000)
    expect(bench.effects.filter(({ type }) => type === 'startTimer')).toEqual([])
  })
})
