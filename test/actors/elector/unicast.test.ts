import { describe, expect, test } from 'vitest'
import type { ElectorOptions } from '../../../actors/elector/options.ts'
import { Bench, OTHER, OWN, v2, v3 } from './bench.ts'

const THIRD = '10.10.74.92'
const toUs = { destination: OWN }
const unicast = (options: ElectorOptions): ElectorOptions => ({ ...options, unicastPeers: [OTHER, THIRD] })
const destinations = (bench: Bench) =>
  bench.sent('raw-ip').map((message) => (message.type === 'send' ? message.destination : message.type))

describe.each([v2, v3])('unicast peers, v$version', (options) => {
  test('an advert goes to each of them and not to the group; each is whole, its checksum for where it goes', () => {
    const bench = new Bench(unicast(options)).started().expire('masterDown').drained()
    expect(destinations(bench)).toEqual([OTHER, THIRD])
    expect(bench.adverts()).toMatchObject([{ priority: 100 }, { priority: 100 }])
  })

  test('whichever of them is seen to leave makes it director and renews the lease; one more than is needed is harmless', () => {
    const bench = new Bench(unicast(options)).started().expire('masterDown').drained()
    const confirm = bench.state.nextConfirm - 1
    bench.feed({ type: 'sendFailed', confirm, reason: 'EHOSTUNREACH' })
    expect(bench.sent('announcer')).toEqual([])
    bench.feed({ type: 'sent', confirm, atMs: bench.nowMs })
    expect(bench.sent('announcer')).toMatchObject([{ type: 'hold' }])
    bench.feed({ type: 'sent', confirm, atMs: bench.nowMs })
    expect(bench.sent('announcer')).toMatchObject([{ type: 'renew' }])
  })

  test('rule 19: priority 0 goes to each of them', () => {
    const bench = new Bench(unicast(options)).promoted().feed({ type: 'shutdown' })
    expect(destinations(bench)).toEqual([OTHER, THIRD])
    expect(bench.adverts()).toMatchObject([{ priority: 0 }, { priority: 0 }])
  })

  test('an advert of a peer to this node is taken', () => {
    const bench = new Bench(unicast(options)).started().hear({ priority: 150, ip: toUs }, 3000)
    expect(bench.counter('advertsReceived')).toBe(1)
    expect(bench.remaining('masterDown')).toBe(3609.375)
  })

  test.each([
    ['by multicast', {}, 'destination'],
    ['of nobody in the list', { source: '10.10.74.99', ip: toUs }, 'peer'],
    ['rule 1: with a TTL of 254', { ip: { ...toUs, ttl: 254 } }, 'ttl'],
  ])('an advert %s is discarded, counted and told', (_, heard, reason) => {
    const bench = new Bench(unicast(options)).started().hear({ priority: 150, ...heard }, 3000)
    expect(bench.counter(`discarded.${reason}`)).toBe(1)
    expect(bench.lines()).toHaveLength(1)
    expect(bench.remaining('masterDown')).toBe(609.375)
  })

  test('where there are no peers an advert by unicast is discarded', () => {
    const bench = new Bench(options).started().hear({ priority: 150, ip: toUs })
    expect(bench.counter('discarded.destination')).toBe(1)
  })
})
