import { describe, expect, test } from 'vitest'
import { describeElector } from '../../../actors/elector/description.ts'
import type { TrackMessage, TrackSource } from '../../../actors/elector/messages.ts'
import type { ElectorOptions } from '../../../actors/elector/options.ts'
import { effectivePriority } from '../../../actors/elector/tracking.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { Bench, OTHER, v2, v3 } from './bench.ts'

const failed = (source: TrackSource): TrackMessage => ({
  type: 'track',
  source,
  state: 'failed',
  reason: `no ${source}`,
})
const well = (source: TrackSource): TrackMessage => ({ type: 'track', source, state: 'ok', reason: null })
const statusOf = (bench: Bench) => describeElector(bench.state, bench.nowMs)
const owner: ElectorOptions = { ...v2, priority: 255 }

describe('rule 20: tracking never makes priority 0 or 255', () => {
  const track = { interface: 'off', portMonitor: -253, gateway: -253 } as const
  const all = { portMonitor: failed('portMonitor'), gateway: failed('gateway') }
  test.each([
    [254, 1],
    [1, 1],
    [255, 255],
  ])('%i with all weights counts as %i', (configured, effective) =>
    expect(effectivePriority(configured, track, all)).toBe(effective),
  )
  test('what is well, off or unheard of changes nothing', () => {
    expect(effectivePriority(100, track, { portMonitor: well('portMonitor') })).toBe(100)
    expect(effectivePriority(100, { ...track, gateway: 'off' }, { gateway: failed('gateway') })).toBe(100)
    expect(effectivePriority(100, track, {})).toBe(100)
  })
})

describe.each([v2, v3])('a weight, v$version', (options) => {
  test('lowers what the next advert says, and the skew; the status has both priorities and the reason', () => {
    const bench = new Bench(options).promoted().feed(failed('portMonitor'))
    expect(bench.label).toBe('MASTER')
    expect(bench.lines()).toEqual(['VRRP_Instance(51) Changing effective priority from 100 to 60'])
    expect(bench.expire('advert').adverts()).toMatchObject([{ priority: 60 }])
    expect(statusOf(bench)).toMatchObject({
      priority: 100,
      effectivePriority: 60,
      tracking: [{ source: 'portMonitor', state: 'failed', effect: -40, reason: 'no portMonitor' }],
      warnings: [{ text: 'no portMonitor: its priority counts as 60' }],
    })
    expect(bench.hear({ priority: 80 }).label).toBe('BACKUP')
    expect(bench.remaining('masterDown')).toBe(3000 + (196 * 1000) / 256)
  })

  test('goes when the cause goes, and the node preempts again', () => {
    const bench = new Bench(options).started().feed(failed('gateway')).hear({ priority: 80 })
    expect(statusOf(bench)).toMatchObject({ effectivePriority: 20, masterPriority: 80 })
    bench.feed(well('gateway'))
    expect(statusOf(bench)).toMatchObject({ effectivePriority: 100, warnings: [] })
    bench.hear({ priority: 80 }, 1000)
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('said twice it counts once', () => {
    const bench = new Bench(options).started().feed(failed('gateway')).feed(failed('gateway'))
    expect(bench.effects).toEqual([])
    expect(statusOf(bench).effectivePriority).toBe(20)
  })
})

describe.each([v2, v3])('a fault, v$version', (options) => {
  test('a master sends priority 0, releases, and enters FAULT as keepalived words it', () => {
    const bench = new Bench(options).promoted().feed(failed('interface'))
    expect(bench.label).toBe('FAULT')
    expect(bench.adverts()).toMatchObject([{ priority: 0 }])
    expect(bench.sent('announcer')).toEqual([{ type: 'release' }])
    expect(bench.sent('discovery')).toMatchObject([{ role: 'scanning', masterAddress: null }])
    expect(bench.lines()).toContain('VRRP_Instance(51) Entering FAULT STATE')
    expect(bench.lines()).toContain('state=fault previous=master')
    expect(bench.running.size).toBe(0)
    expect(statusOf(bench)).toMatchObject({
      state: 'FAULT',
      warnings: [{ text: 'no interface: this node takes no part in the election' }],
    })
  })

  test('in FAULT silence makes nobody master, and nothing that is heard is answered', () => {
    const bench = new Bench(options).started().feed(failed('interface'))
    bench.expire('masterDown')
    expect(bench.effects).toEqual([])
    for (const priority of [0, 50, 200]) {
      expect(bench.hear({ priority }).label).toBe('FAULT')
      expect(bench.adverts()).toEqual([])
    }
  })

  test('in FAULT who is director is known for as long as it is heard', () => {
    const bench = new Bench(options).started().feed(failed('interface')).hear({ priority: 50 })
    expect(statusOf(bench)).toMatchObject({ masterIp: OTHER, masterPriority: 50 })
    bench.expire('masterDown')
    expect(statusOf(bench).masterIp).toBeNull()
    bench.hear({ priority: 50 }).hear({ priority: 0 })
    expect(statusOf(bench).masterIp).toBeNull()
  })

  test('when the cause is gone: BACKUP for a full master-down interval, then master', () => {
    const bench = new Bench(options).promoted().feed(failed('interface')).feed(well('interface'), 9000)
    expect(bench.label).toBe('BACKUP')
    expect(bench.remaining('masterDown')).toBe(3000 + (156 * 1000) / 256)
    expect(bench.expire('masterDown').drained().confirm().label).toBe('MASTER')
  })

  test('one of two causes gone is not enough', () => {
    const both = { ...options, track: { ...options.track, gateway: 'fault' } } as const
    const bench = new Bench(both).started().feed(failed('interface')).feed(failed('gateway')).feed(well('interface'))
    expect(bench.label).toBe('FAULT')
    expect(bench.feed(well('gateway')).label).toBe('BACKUP')
  })

  test('an announcer that restarts meanwhile holds nothing; an ordered stop says nothing', () => {
    const bench = new Bench(options).promoted().feed(failed('interface')).feed({ type: 'peerUp', peer: 'announcer' })
    expect(bench.sent('announcer')).toEqual([{ type: 'release' }])
    expect(bench.feed({ type: 'shutdown' }).adverts()).toEqual([])
    expect(bench.label).toBe('INIT')
  })
})

test('an owner is immune to weights, and in FAULT like everybody when its interface is down', () => {
  const bench = new Bench(owner).started().confirm().feed(failed('gateway'))
  expect(statusOf(bench)).toMatchObject({ state: 'MASTER', effectivePriority: 255 })
  expect(bench.feed(failed('interface')).label).toBe('FAULT')
})

describe('the address that adverts leave from', () => {
  const gone: TrackMessage = { type: 'track', source: 'address', state: 'failed', reason: '10.0.0.1 is gone' }

  test('goes: a master is in FAULT at once with the reason, its addresses go, and nothing is sent any more, not even priority 0', () => {
    const bench = new Bench(v3).promoted().feed(gone)
    expect(bench.label).toBe('FAULT')
    expect(bench.adverts()).toEqual([])
    expect(bench.effects).toContainEqual({ type: 'send', to: 'announcer', message: { type: 'release' } })
    expect(textsOf(statusOf(bench).warnings)).toEqual(['10.0.0.1 is gone: this node takes no part in the election'])
  })

  test('is missing at a backup: silence makes it no master, whatever else is not tracked', () => {
    const track = { interface: 'off', portMonitor: 'off', gateway: 'off' } as const
    const bench = new Bench({ ...v3, track, unicastPeers: ['10.0.0.2'] }).started().feed(gone)
    expect(bench.label).toBe('FAULT')
    expect(bench.running.has('masterDown') ? bench.expire('masterDown').label : 'FAULT').toBe('FAULT')
    expect(bench.feed(well('address')).label).toBe('BACKUP')
  })

  test('is another one: a master goes on, and says so to the rest of the node', () => {
    const bench = new Bench(v3).promoted()
    bench.feed({ type: 'configured', options: { ...v3, primaryAddress: '10.0.0.21' } })
    expect(bench.label).toBe('MASTER')
    expect(statusOf(bench).masterIp).toBe('10.0.0.21')
    expect(bench.effects).toContainEqual(
      expect.objectContaining({ to: 'discovery', message: expect.objectContaining({ masterAddress: '10.0.0.21' }) }),
    )
  })
})

describe("the operator's scripts", () => {
  const track = {
    interface: 'off',
    portMonitor: 'off',
    gateway: 'off',
    scripts: { down: -30, up: 20, out: 'fault' },
  } as const
  const [down, up, out] = ['script:down', 'script:up', 'script:out'] as const

  test('a negative weight counts while one fails, a positive one while it is well; before the first run none does', () => {
    expect(effectivePriority(100, track, {})).toBe(100)
    expect(effectivePriority(100, track, { [down]: well(down), [up]: failed(up) })).toBe(100)
    expect(effectivePriority(100, track, { [down]: failed(down), [up]: failed(up) })).toBe(70)
    expect(effectivePriority(100, track, { [down]: well(down), [up]: well(up) })).toBe(120)
    expect(effectivePriority(100, track, { [down]: failed(down), [up]: well(up) })).toBe(90)
    expect(effectivePriority(250, track, { [up]: well(up) })).toBe(254)
    expect(effectivePriority(255, track, { [down]: failed(down), [up]: well(up) })).toBe(255)
  })

  test('one that is a fault takes the node out of the election while it fails, and is named', () => {
    const bench = new Bench({ ...v2, track }).promoted().feed(failed(out))
    expect(bench.label).toBe('FAULT')
    expect(statusOf(bench)).toMatchObject({
      tracking: [{ source: out, effect: 'fault', state: 'failed' }],
      warnings: [{ text: 'no script:out: this node takes no part in the election' }],
    })
    expect(bench.feed(well(out)).label).toBe('BACKUP')
  })

  test('one that is configured no more counts no more, and one that was heard of before its configuration does', () => {
    const bench = new Bench({ ...v2, track }).promoted().feed(failed(down)).feed(failed('script:new'))
    const options = { ...v2, track: { ...track, scripts: { new: -50 } } }
    expect(statusOf(bench).effectivePriority).toBe(70)
    bench.feed({ type: 'configured', options })
    expect(statusOf(bench)).toMatchObject({ effectivePriority: 50, tracking: [{ source: 'script:new', effect: -50 }] })
    expect(Object.keys(bench.state.tracking)).toEqual(['script:new'])
    bench.feed({ type: 'configured', options: { ...v2, track: { ...track, scripts: {} } } })
    expect(statusOf(bench)).toMatchObject({ effectivePriority: 100, tracking: [] })
  })
})
