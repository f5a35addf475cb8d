import { expect, test } from 'vitest'
import { Bench, GATEWAY, healthy, holding, settings } from './bench.ts'

const track = (state: 'ok' | 'failed', reason: string | null) => ({ type: 'track', source: 'gateway', state, reason })

test('no default route: failed at once; gained: well at once', () => {
  const bench = new Bench()
  bench.truth = { ...healthy, defaultRoute: null }
  bench.says({ type: 'defaultRoute', interfaceIndex: 2, present: false })
  expect(bench.sent('elector')).toEqual([track('failed', 'there is no default route through eth0')])
  bench.truth = healthy
  bench.says({ type: 'defaultRoute', interfaceIndex: 2, present: true })
  expect(bench.sent('elector')).toEqual([track('ok', null)])
})

test('a gateway that leaves three requests unanswered is lost; any frame of it shows that it is there', () => {
  const bench = new Bench(holding)
  for (let round = 0; round < 3; round++) {
    bench.tick()
    expect(bench.asked()).toContain(`10.0.0.1 > ${GATEWAY}`)
    expect(bench.sent('elector')).toEqual([])
  }
  expect(bench.tick().sent('elector')).toEqual([track('failed', `the default gateway ${GATEWAY} does not answer ARP`)])
  expect(bench.tick().sent('elector')).toEqual([])
  bench.sees({ form: 'announcement', senderAddress: GATEWAY, senderMac: '02:00:00:00:00:fe' })
  expect(bench.sent('elector')).toEqual([track('ok', null)])
})

test('another gateway begins anew', () => {
  const bench = new Bench()
  for (let round = 0; round < 4; round++) bench.tick()
  bench.truth = { ...healthy, defaultRoute: { gateway: '10.0.0.253' } }
  bench.says({ type: 'defaultRoute', interfaceIndex: 2, present: true })
  expect(bench.sent('elector')).toEqual([track('ok', null)])
})

test('a route on the link itself has no gateway that could be lost', () => {
  const bench = new Bench({ ...holding, defaultRoute: { gateway: null } })
  for (let round = 0; round < 5; round++) expect(bench.tick().asked().join()).not.toContain(GATEWAY)
  expect(bench.state.tracks.get('elector')?.gateway?.state).toBe('ok')
})

test('where it is not tracked it is neither asked nor told of', () => {
  const bench = new Bench({ ...holding, defaultRoute: null }, { ...settings, trackGateway: false })
  expect(bench.tick().asked()).toEqual([])
  expect(bench.state.tracks.get('elector')?.gateway).toBeUndefined()
})
