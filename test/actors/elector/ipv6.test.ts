import { describe, expect, test } from 'vitest'
import { initialElector } from '../../../actors/elector/state.ts'
import { Bench, v3, v6 } from './bench.ts'

/** What is IPv6's own; that the rules hold for it too is in rules.test.ts. */
describe('a virtual router of IPv6', () => {
  const destinations = (bench: Bench) =>
    bench.sent('raw-ip').map((message) => (message.type === 'send' ? message.destination : message.type))

  test('rule 1: adverts and the resignation go to ff02::12', () => {
    const bench = new Bench(v6).started().expire('masterDown').drained()
    expect(destinations(bench)).toEqual(['ff02::12'])
    bench.confirm().feed({ type: 'shutdown' })
    expect(destinations(bench)).toEqual(['ff02::12'])
  })

  test('version 2 knows no IPv6: no such elector can be made', () => {
    expect(() => initialElector({ ...v6, version: 2 })).toThrow(RangeError)
  })

  test('addresses of the other family belong to another virtual router', () => {
    expect(() => initialElector({ ...v6, virtualIps: v3.virtualIps })).toThrow(RangeError)
  })

  test.each([
    ['rule 1: with a hop limit of 254', { ip: { ttl: 254 } }, 'ttl'],
    ['rule 1: to all nodes', { ip: { destination: 'ff02::1' } }, 'destination'],
    ['rule 4: of another VRID', { virtualRouterId: 52 }, 'vrid'],
  ])('an advert %s is discarded and counted', (_, heard, reason) => {
    const bench = new Bench(v6).started().hear({ priority: 150, ...heard }, 3000)
    expect(bench.counter(`discarded.${reason}`)).toBe(1)
    expect(bench.remaining('masterDown')).toBe(609.375)
  })

  test('rule 6: our own advert that loops back is ignored', () => {
    const bench = new Bench(v6).promoted().hear({ priority: 255, source: v6.primaryAddress })
    expect(bench.counter('discarded.ownLoop')).toBe(1)
    expect(bench.label).toBe('MASTER')
  })
})
