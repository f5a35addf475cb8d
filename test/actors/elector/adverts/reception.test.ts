import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { receive, sameAddresses } from '../../../../actors/elector/adverts/reception.ts'
import { Bench, type Heard, heardAdvert, OTHER, OWN, VIP, v2, v3, v6 } from '../bench.ts'

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

  test('rule 5: a v3 interval is learned up to the longest that is configured; a longer one is discarded, and told', () => {
    const taken = (advertIntervalCs: number, options = v3) => receive(packetOf(v3, { advertIntervalCs }), options)
    expect(taken(300)).toMatchObject({ ok: true })
    expect(taken(301)).toMatchObject({ ok: false, reason: 'interval' })
    expect(taken(600, { ...v3, longestLearnedCs: 600 })).toMatchObject({ ok: true })
    const forged = new Bench(v3).started().hear({ priority: 255, advertIntervalCs: 4095 })
    expect(forged.remaining('masterDown')).toBe(3609.375)
    expect(forged.counter('discarded.interval')).toBe(1)
    expect(forged.lines().join()).toMatch(/with other settings \(advert interval\)/)
    // Nor does it end a master.
    expect(new Bench(v3).promoted().hear({ priority: 255, advertIntervalCs: 4095 }).label).toBe('MASTER')
  })

  test('rule 5: another list of addresses is taken, and told; strict: discarded, counted and told', () => {
    const other = { virtualIps: [VIP, OTHER] }
    expect(receive(packetOf(v3, { addresses: other.virtualIps }), v3)).toMatchObject({ ok: true })
    const strict = { ...v3, strict: true }
    expect(receive(packetOf(v3, {}), strict)).toMatchObject({ ok: true })
    const bench = new Bench(strict).started().hear({ priority: 255, addresses: other.virtualIps })
    expect(bench.counter('discarded.virtualIps')).toBe(1)
    expect(bench.remaining('masterDown')).toBe(3609.375)
    expect(bench.lines().join()).toMatch(/with other settings \(virtual IPs\)/)
  })

  test.each(['0.0.0.0', '127.0.0.1', '224.0.0.18', '255.255.255.255', '10.0.1.2'])(
    'an advert from %s is none of this subnet’s: discarded',
    (source) => {
      const options = { ...v3, prefixLength: 24 }
      expect(receive(packetOf(options, { source }), options)).toMatchObject({ ok: false, reason: 'source' })
    },
  )

  test('over IPv6 an advert comes from a link-local address', () => {
    expect(receive(packetOf(v6, { source: 'fd00::2' }), v6)).toMatchObject({ ok: false, reason: 'source' })
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
