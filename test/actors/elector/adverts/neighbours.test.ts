import { describe, expect, test } from 'vitest'
import {
  freeVrid,
  heardVrid,
  NEIGHBOURS_KEPT,
  type Neighbours,
  noNeighbours,
  VRID_LIFE_MS,
} from '../../../../actors/elector/adverts/neighbours.ts'
import { describeElector } from '../../../../actors/elector/description.ts'
import { textsOf } from '../../../../runtime/actor-system/inspection/warning.ts'
import { checksumOf, sumWords } from '../../../../runtime/wire/checksum.ts'
import { emitAdvertisement } from '../../../../runtime/wire/vrrp.ts'
import { Bench, OTHER, VIP, v2, v3 } from '../bench.ts'

const THEIRS = '10.10.74.99'
const statusOf = (bench: Bench) => {
  const status = describeElector(bench.state, bench.nowMs)
  return { ...status, warnings: textsOf(status.warnings) }
}
const vridsHeard = (...vrids: readonly number[]): Neighbours =>
  vrids.reduce((heard, vrid) => heardVrid(heard, vrid, 0), noNeighbours)

/** An advert of ours with the simple password of RFC 2338. */
function authenticated(): Uint8Array {
  const advertisement = {
    version: 2,
    virtualRouterId: 51,
    priority: 90,
    advertIntervalCs: 100,
    addresses: [VIP],
  } as const
  const bytes = emitAdvertisement(advertisement, { source: OTHER, checksum: 'message' })
  bytes.set([1], 4)
  bytes.set([0, 0], 6)
  new DataView(bytes.buffer).setUint16(6, checksumOf(sumWords(bytes)))
  return bytes
}

describe('foreign use of our VRID', () => {
  test('other virtual IPs are another virtual router: named with source, priority, addresses and a VRID that is free', () => {
    const bench = new Bench(v3).started().hear({ virtualRouterId: 52 }).hear({ virtualRouterId: 54 })
    bench.hear({ priority: 150, addresses: [THEIRS], advertIntervalCs: 7 }, 10)
    const { foreignRouters, vridsHeard, warnings } = statusOf(bench)
    expect(foreignRouters).toEqual([
      {
        address: OTHER,
        version: 3,
        priority: 150,
        advertIntervalMs: 70,
        authenticated: false,
        virtualIps: [THEIRS],
        differs: ['virtualIps'],
        lastHeardMs: 0,
      },
    ])
    expect(vridsHeard).toEqual([52, 54])
    expect(warnings).toEqual([
      `VRID 51 is in use by another virtual router, ${OTHER} (priority 150, version 3, every 70 ms, virtual IPs ${THEIRS}): give one of both another VRID, 53 is free`,
    ])
  })

  test.each([
    ['VRRP version', v3, { version: 2 as const }, 'version'],
    ['advert interval', v2, { advertIntervalCs: 300 }, 'interval'],
    ['authentication, which RFC 3768 has removed', v2, { ip: { payload: authenticated() } }, 'authentication'],
    ['virtual IPs', v2, { addresses: [VIP, THEIRS] }, 'virtualIps'],
  ])('the same virtual IPs with another %s are a node that is set up otherwise', (named, options, heard, setting) => {
    const bench = new Bench(options).started().hear({ priority: 90, ...heard })
    const { foreignRouters, warnings } = statusOf(bench)
    expect(foreignRouters).toMatchObject([{ address: OTHER, priority: 90, differs: [setting] }])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`uses VRID 51 with other settings (${named}): make them the same on all nodes`)
    expect(bench.lines().filter((line) => line.includes('other settings'))).toHaveLength(1)
    expect(bench.hear({ priority: 90, ...heard }, 1000).lines()).toEqual([])
  })

  test('what is discarded for it is counted by its reason', () => {
    const bench = new Bench(v2).started()
    bench
      .hear({ ip: { payload: authenticated() } })
      .hear({ version: 3 })
      .hear({ advertIntervalCs: 300 })
    expect(['auth', 'version', 'interval'].map((reason) => bench.counter(`discarded.${reason}`))).toEqual([1, 1, 1])
  })

  test('another VRID is none of our business, authenticated or not', () => {
    const bench = new Bench({ ...v2, virtualRouterId: 7 }).started().hear({ ip: { payload: authenticated() } })
    bench.hear({ virtualRouterId: 9, version: 3, addresses: [THEIRS] })
    expect(bench.counter('discarded.vrid')).toBe(2)
    expect(statusOf(bench)).toMatchObject({ foreignRouters: [], vridsHeard: [9, 51], warnings: [] })
  })

  test('a long list of addresses is cut in the warning, not in the status', () => {
    const addresses = Array.from({ length: 255 }, (_, index) => `10.9.0.${index + 1}`)
    const bench = new Bench(v2).started().hear({ addresses })
    expect(statusOf(bench).foreignRouters[0]?.virtualIps).toHaveLength(255)
    expect(statusOf(bench).warnings[0]).toContain('virtual IPs 10.9.0.1 10.9.0.2 10.9.0.3 10.9.0.4 and 251 more')
  })

  test.each([
    ['ten seconds', 100, 10_000],
    ['four of its intervals, where that is longer,', 4000, 160_000],
  ])('it is over %s after it was heard last', (_, advertIntervalCs, lifeMs) => {
    const bench = new Bench(v3).started().hear({ addresses: [THEIRS], advertIntervalCs, priority: 150 })
    const at = (afterMs: number) => describeElector(bench.state, bench.nowMs + afterMs)
    expect(at(lifeMs - 1)).toMatchObject({ foreignRouters: [{ address: OTHER }], warnings: [{ code: 'foreign-vrid' }] })
    expect(at(lifeMs)).toMatchObject({ foreignRouters: [], warnings: [] })
  })

  test('it is over at once when the same router says what we say', () => {
    const bench = new Bench(v2)
      .started()
      .hear({ addresses: [THEIRS], priority: 150 })
      .hear({ priority: 150 }, 1000)
    expect(statusOf(bench)).toMatchObject({ foreignRouters: [], warnings: [] })
    expect(bench.hear({ addresses: [THEIRS], priority: 150 }).lines()).toEqual([])
    expect(statusOf(bench).warnings).toHaveLength(1)
  })

  test('a flood of sources is bounded: those heard last stay', () => {
    const bench = new Bench(v2).started()
    for (let net = 1; net <= 200; net++) bench.hear({ source: `10.9.${net}.1`, addresses: [THEIRS] })
    expect(bench.state.neighbours.foreign).toHaveLength(NEIGHBOURS_KEPT)
  })
})

describe('a VRID that is free', () => {
  test('is the next above ours that was not heard, round from 255 to 1', () => {
    expect(freeVrid(noNeighbours, 51, 0)).toBe(52)
    expect(freeVrid(vridsHeard(52, 53, 55), 51, 0)).toBe(54)
    expect(freeVrid(vridsHeard(255, 1), 254, 0)).toBe(2)
  })

  test('is none where all are used', () => {
    const all = Array.from({ length: 255 }, (_, index) => index + 1)
    expect(freeVrid(vridsHeard(...all), 51, 0)).toBeUndefined()
    expect(freeVrid(vridsHeard(...all.filter((vrid) => vrid !== 50)), 51, 0)).toBe(50)
  })

  test('is free again five minutes after it was heard last; a flood of adverts is noted every ten seconds', () => {
    const heard = heardVrid(noNeighbours, 52, 0)
    expect(heardVrid(heard, 52, 9999)).toBe(heard)
    const again = heardVrid(heard, 52, 10_000)
    expect(freeVrid(again, 51, 10_000 + VRID_LIFE_MS - 1)).toBe(53)
    expect(freeVrid(again, 51, 10_000 + VRID_LIFE_MS)).toBe(52)
  })
})

describe('dual master', () => {
  test('rule 17: a lower one that goes on advertising is named, with why it should give way', () => {
    const bench = new Bench(v2).promoted()
    for (let advert = 0; advert < 3; advert++) bench.hear({ priority: 50 }, 1000).confirm()
    const { rivals, warnings } = statusOf(bench)
    expect(rivals).toEqual([{ address: OTHER, priority: 50, adverts: 3, forMs: 2000, lastHeardMs: 0 }])
    expect(warnings).toEqual([
      `two directors: ${OTHER} with priority 50 advertises beside this node (priority 100) and does not give way; our adverts do not reach it`,
    ])
  })

  test('an equal one of a lower address as well', () => {
    const bench = new Bench(v2).promoted()
    for (let advert = 0; advert < 3; advert++) bench.hear({ priority: 100, source: '9.0.0.1' }, 1000).confirm()
    expect(statusOf(bench).warnings).toContainEqual(expect.stringContaining('(the same priority, higher address)'))
  })

  test('one or two losing adverts are a race at a takeover', () => {
    const bench = new Bench(v2).promoted().hear({ priority: 50 }, 10).hear({ priority: 50 }, 10)
    expect(statusOf(bench)).toMatchObject({ rivals: [], warnings: [] })
  })

  test('adverts with long silence between them are not one dual master', () => {
    const bench = new Bench(v2).promoted()
    for (let advert = 0; advert < 9; advert++) {
      // Four intervals of silence from it, in which our own adverts go on.
      for (let own = 0; own < 4; own++) bench.expire('advert').confirm()
      bench.hear({ priority: 50 })
    }
    expect(statusOf(bench).rivals).toEqual([])
  })
})
