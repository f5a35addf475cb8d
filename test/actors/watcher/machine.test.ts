import { describe, expect, test } from 'vitest'
import { refused } from '../../../runtime/ports/result.ts'
import { absent, Bench, down, healthy, holding, settings, VIP } from './bench.ts'

const track = (state: 'ok' | 'failed', reason: string | null) => ({ type: 'track', source: 'interface', state, reason })
const vipEvent = (present: boolean) =>
  ({ type: 'address', interfaceIndex: 2, address: VIP, prefixLength: 24, present }) as const

describe('the interface', () => {
  test.each([
    ['goes down', down, 'eth0 is down'],
    ['is gone', absent, 'eth0 is gone'],
  ])('%s: every elector is told, once, and the announcer looks', (_, truth, reason) => {
    const bench = new Bench().becomes(truth)
    for (const elector of ['elector', 'elector-b'] as const) {
      expect(bench.sent(elector)).toContainEqual(track('failed', reason))
    }
    expect(bench.sent('announcer')).toEqual([{ type: 'interfaceChanged' }])
    expect(bench.becomes(truth).sent('elector')).toEqual([])
    expect(bench.becomes(healthy).sent('elector')).toContainEqual(track('ok', null))
  })

  test('is made anew: its neighbours are watched, and the raw sockets join anew', () => {
    const bench = new Bench().becomes(absent)
    expect(bench.sent('raw-ip')).toEqual([])
    bench.becomes({ ...healthy, link: { index: 7, mac: '02:00:00:00:00:07', up: true, mtu: 1500 } })
    expect(bench.effects).toContainEqual({ type: 'watchNeighbours', interfaceIndex: 7, families: ['ipv4'] })
    expect(bench.sent('raw-ip')).toEqual([{ type: 'interfaceChanged' }])
  })

  test('no longer carries an advert in one piece: told once, warned of until it does', () => {
    const bench = new Bench(healthy, { ...settings, advertBytes: 1488 })
    const ofMtu = (mtu: number) => ({ ...healthy, link: { ...healthy.link!, mtu } })
    expect([bench.warnings(), bench.becomes(ofMtu(1488)).logged()]).toEqual([[], []])
    bench.becomes(ofMtu(1400))
    const text = expect.stringMatching(/^eth0 carries 1400 bytes \(its MTU\), and the adverts of this node have 1488/)
    expect([bench.warnings(), bench.logged()]).toEqual([[text], [text]])
    expect([bench.tick().logged(), bench.warnings()]).toEqual([[], [text]])
    expect(bench.becomes(ofMtu(1500)).logged()).toEqual(['eth0 carries the adverts of this node again'])
    expect(bench.warnings()).toEqual([])
  })

  test('an elector that starts later is told how things are', () => {
    const bench = new Bench(down).feed({ type: 'peerDown', peer: 'elector' }).feed({ type: 'peerUp', peer: 'elector' })
    expect(bench.sent('elector')).toContainEqual(track('failed', 'eth0 is down'))
    expect(bench.sent('elector-b')).toEqual([])
  })
})

describe('a look at the truth', () => {
  test('follows an address that is added or removed, at once; the renewal of one is no event', () => {
    const bench = new Bench(holding).says(vipEvent(true))
    expect(bench.effects).toEqual([])
    bench.truth = healthy
    expect(bench.says(vipEvent(false)).sent('announcer')).toEqual([{ type: 'interfaceChanged' }])
    bench.truth = holding
    expect(bench.says(vipEvent(true)).sent('announcer')).toEqual([{ type: 'interfaceChanged' }])
  })

  test('an address that came and went between two looks is news for the announcer too', () => {
    const bench = new Bench(holding)
    bench.truth = healthy
    bench.says(vipEvent(false)).says(vipEvent(true), 1).says(vipEvent(false), 1)
    expect(bench.expire('read', 20).sent('announcer')).toEqual([{ type: 'interfaceChanged' }])
  })

  test('comes no more often than every 20 ms in a storm, and one comes after its end', () => {
    const bench = new Bench()
    let reads = 0
    for (let event = 0; event < 1000; event++) {
      reads += bench
        .says(vipEvent(false), 0.1)
        .kinds()
        .filter((kind) => kind === 'read').length
      const isDue = bench.state.timers.has('read') && bench.nowMs >= bench.state.readAtMs + 20
      if (isDue)
        reads += bench
          .expire('read')
          .kinds()
          .filter((kind) => kind === 'read').length
    }
    expect(reads).toBeGreaterThanOrEqual(4)
    expect(reads).toBeLessThanOrEqual(6)
    expect(bench.state.timers.has('read')).toBe(true)
    expect(bench.expire('read', 20).kinds()).toContain('read')
  })

  test('follows lost events: everything is read anew', () => {
    const bench = new Bench()
    bench.truth = down
    expect(bench.says({ type: 'overrun' }).sent('elector')).toContainEqual(track('failed', 'eth0 is down'))
    expect(bench.state.counters.overruns).toBe(1)
  })

  test('comes by itself every ten seconds, for an event that never came', () => {
    const bench = new Bench()
    bench.truth = down
    const told = Array.from({ length: 10 }, () => bench.tick().sent('elector')).flat()
    expect(told).toContainEqual(track('failed', 'eth0 is down'))
  })

  test('what concerns other interfaces is let be', () => {
    const bench = new Bench().says({ type: 'link', interfaceIndex: 9, interfaceName: 'eth1' })
    expect(bench.effects).toEqual([])
    expect(bench.says({ ...vipEvent(true), interfaceIndex: 9 }).effects).toEqual([])
    expect(bench.says({ type: 'defaultRoute', interfaceIndex: 9, present: false }).effects).toEqual([])
  })

  test('that fails is a warning, changes nothing, and is tried again each second', () => {
    const bench = new Bench().feed({ type: 'truth', truth: refused('ENOBUFS', 'no room') })
    expect(bench.warnings()).toEqual(['the interface cannot be read: no room'])
    expect(bench.sent('elector')).toEqual([])
    expect(bench.tick().warnings()).toEqual([])
  })
})

test('an ordered stop leaves no timer', () => {
  const bench = new Bench().says({ type: 'overrun' }, 1).feed({ type: 'stop' })
  expect(bench.effects).toMatchObject([{ timer: 'tick' }, { timer: 'read' }])
  expect(bench.kinds()).toEqual(['cancelTimer', 'cancelTimer'])
})

test('nothing is asked for on an interface that is down', () => {
  const bench = new Bench(down, settings)
  expect(bench.tick().asked()).toEqual([])
})
