import { describe, expect, test } from 'vitest'
import { describeElector } from '../../../../actors/elector/description.ts'
import type { ElectorOptions } from '../../../../actors/elector/options.ts'
import { textsOf } from '../../../../runtime/actor-system/inspection/warning.ts'
import { Bench, OTHER, v2, v3 } from '../bench.ts'

const steppingDown = (options: ElectorOptions = v2) => new Bench(options).promoted().feed({ type: 'stepDown' })
const statusOf = (bench: Bench) => describeElector(bench.state, bench.nowMs)

describe.each([v2, v3])('an operator has the director step down, v$version', (options) => {
  test('priority 0 is sent; the addresses stay until another is heard, so that clients meet no gap', () => {
    const bench = steppingDown(options)
    expect(bench.adverts()).toMatchObject([{ priority: 0 }])
    expect(bench.sent('announcer')).toEqual([])
    expect(statusOf(bench)).toMatchObject({ role: 'director', handOver: { outcome: 'underWay' } })
  })

  test('the first advert of another, lower as it is, ends it: released, and told who and after how long', () => {
    const bench = steppingDown(options).hear({ priority: 50 }, 640)
    expect(bench.label).toBe('BACKUP')
    expect(bench.adverts()).toEqual([])
    expect(bench.sent('announcer')).toEqual([{ type: 'yield' }])
    expect(bench.lines()[0]).toBe(`VRRP_Instance(51) stepped down: ${OTHER} with priority 50 took over after 640 ms`)
    const handOver = { outcome: 'taken', by: OTHER, priority: 50, afterMs: 640 }
    expect(statusOf(bench)).toMatchObject({ role: 'scanning', masterIp: OTHER, yielding: true, handOver })
  })

  test('the follower is left alone although its priority is lower, and the status says so', () => {
    const bench = steppingDown(options).hear({ priority: 50 }, 640).hear({ priority: 50 }, 1000)
    expect(bench.remaining('masterDown')).toBe(3609.375)
    expect(textsOf(statusOf(bench).warnings)).toEqual([
      'stepped down: takes over again only when the present director falls silent or steps down itself',
    ])
  })

  test('a higher one that is heard is told that there were two, a split may have healed; a lower one is not driven away', () => {
    const saidTo = (priority: number) =>
      steppingDown(options).hear({ priority }, 300).feed({ type: 'released' }).adverts()
    expect(saidTo(200)).toMatchObject([{ priority: 100 }])
    expect(saidTo(50)).toEqual([])
  })

  test('it comes back when the follower falls silent, and preempts again from then on', () => {
    const bench = steppingDown(options).hear({ priority: 50 }, 640)
    expect(bench.expire('masterDown').drained().confirm().label).toBe('MASTER')
    bench.hear({ priority: 200 })
    const before = bench.running.get('masterDown')
    bench.hear({ priority: 50 }, 1000)
    expect(bench.running.get('masterDown')).toBe(before)
    expect(statusOf(bench).yielding).toBe(false)
  })

  test('rule 10: it comes back after its skew when the follower steps down', () => {
    const bench = steppingDown(options).hear({ priority: 50 }, 640).hear({ priority: 0 }, 1000)
    expect(bench.remaining('masterDown')).toBe(609.375)
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('it no longer yields once a director of higher priority was heard', () => {
    const bench = steppingDown(options).hear({ priority: 50 }, 640).hear({ priority: 200 }, 1000)
    expect(statusOf(bench)).toMatchObject({ yielding: false, warnings: [] })
  })

  test('nobody follows: it goes on as director, with an advert at once', () => {
    const bench = steppingDown(options).expire('advert')
    expect(bench.adverts()).toMatchObject([{ priority: 100 }])
    expect(bench.remaining('advert')).toBe(1000)
    const handOver = { outcome: 'nobody', afterMs: 1500 }
    expect(statusOf(bench)).toMatchObject({ role: 'director', yielding: false, handOver })
    expect(bench.hear({ priority: 50 }).label).toBe('MASTER')
  })

  test('the priority 0 of another is no answer to it, and gets none', () => {
    const bench = steppingDown(options).hear({ priority: 0 }, 100)
    expect([bench.label, bench.effects]).toEqual(['MASTER', []])
  })

  test('the lease is not renewed meanwhile, and ends it like any other', () => {
    const bench = steppingDown(options)
    const leaseUntilMs = bench.nowMs + 3000
    expect(bench.feed({ type: 'held' }, leaseUntilMs - 0.001).label).toBe('MASTER')
    bench.feed({ type: 'held' }, leaseUntilMs)
    expect(bench.sent('announcer')).toEqual([{ type: 'release' }])
    expect(statusOf(bench)).toMatchObject({ state: 'BACKUP', yielding: true, handOver: { outcome: 'nobody' } })
  })

  test('a raw-IP actor that comes up meanwhile is given priority 0 again', () => {
    expect(steppingDown(options).feed({ type: 'peerUp', peer: 'raw-ip' }).adverts()).toMatchObject([{ priority: 0 }])
  })

  test('a second order while one is under way changes nothing', () => {
    expect(steppingDown(options).feed({ type: 'stepDown' }).effects).toEqual([])
  })
})

describe('an ordered stop', () => {
  const retiring = () => new Bench(v2).promoted().feed({ type: 'retire' })
  const isRetired = (bench: Bench) => bench.effects.some(({ type }) => type === 'retired')

  test('rule 19: priority 0, and the addresses stay until the follower is heard; then Initialize', () => {
    const bench = retiring()
    expect(bench.adverts()).toMatchObject([{ priority: 0 }])
    expect([bench.label, bench.sent('announcer'), isRetired(bench)]).toEqual(['MASTER', [], false])
    bench.hear({ priority: 50 }, 600)
    expect([bench.label, bench.adverts(), isRetired(bench)]).toEqual(['INIT', [], true])
    expect(bench.sent('announcer')).toEqual([{ type: 'yield' }])
    expect([...bench.running.keys()]).toEqual([])
  })

  test('nobody follows: priority 0 once more, and no advert of another priority between them', () => {
    const bench = retiring().expire('advert')
    expect(bench.adverts()).toMatchObject([{ priority: 0 }])
    expect([bench.label, bench.sent('announcer'), isRetired(bench)]).toEqual(['INIT', [{ type: 'release' }], true])
  })

  test('its lease ends meanwhile: it is gone without a word', () => {
    const bench = retiring()
    bench.feed({ type: 'held' }, bench.nowMs + 3000)
    expect([bench.label, bench.adverts(), isRetired(bench)]).toEqual(['INIT', [], true])
  })

  test('under a hand-over that an operator asked for it waits for the same follower', () => {
    const bench = steppingDown().feed({ type: 'retire' })
    expect([bench.label, bench.effects]).toEqual(['MASTER', []])
    expect(bench.hear({ priority: 50 }, 600).label).toBe('INIT')
  })

  test('a backup has nothing to hand over, and says nothing; nor has who never started', () => {
    const backup = new Bench(v2).started().feed({ type: 'retire' })
    expect([backup.label, backup.adverts(), isRetired(backup)]).toEqual(['INIT', [], true])
    const never = new Bench(v2).feed({ type: 'retire' })
    expect([never.label, isRetired(never)]).toEqual(['INIT', true])
  })

  test('a master that holds nothing yet resigns at once', () => {
    const bench = new Bench(v2).started().expire('masterDown').drained().feed({ type: 'retire' })
    expect([bench.label, bench.adverts(), isRetired(bench)]).toMatchObject(['INIT', [{ priority: 0 }], true])
  })
})

test.each([
  ['as long as the longest skew and half of it', { ...v3, advertIntervalCs: 100 }, 1500],
  ['a quarter of a second where the skew is shorter', { ...v3, advertIntervalCs: 10 }, 250],
  ['never longer than the lease', { ...v3, advertIntervalCs: 1 }, 27],
  ['by whole seconds of skew in version 2, whatever the interval', { ...v2, advertIntervalCs: 1000 }, 1500],
])('a follower is waited for: %s', (_, options, delayMs) => {
  expect(steppingDown(options).remaining('advert')).toBe(delayMs)
})

test('it means nothing in Backup, nor to a master whose first advert was not seen to leave', () => {
  expect(new Bench(v2).started().feed({ type: 'stepDown' }).effects).toEqual([])
  expect(new Bench(v2).started().expire('masterDown').drained().feed({ type: 'stepDown' }).effects).toEqual([])
})

test('addresses that the kernel refuses meanwhile are left at once', () => {
  const bench = steppingDown().feed({ type: 'holdFailed', address: '10.10.74.74', reason: 'EPERM' })
  expect(bench.sent('announcer')).toEqual([{ type: 'release' }])
  expect(statusOf(bench)).toMatchObject({ state: 'BACKUP', yielding: true, handOver: { outcome: 'nobody' } })
})

describe.each([v2, v3])('who follows says whether a director that lives gives way, v$version', (options) => {
  const held = (bench: Bench) => bench.sent('announcer').filter(({ type }) => type === 'hold')
  const follow = (bench: Bench) => held(bench.expire('masterDown').drained().confirm())

  test('one that has resigned', () => {
    const bench = new Bench(options).started().hear({ priority: 200 }, 100).hear({ priority: 0 }, 100)
    expect(follow(bench)).toMatchObject([{ succeeds: true }])
  })

  test('one of lower priority that is preempted', () => {
    const bench = new Bench(options).started()
    for (let advert = 0; advert < 3; advert++) bench.hear({ priority: 50 }, 1000)
    expect(follow(bench)).toMatchObject([{ succeeds: true }])
  })

  test('not one that fell silent, also after it was to be preempted', () => {
    const silent = new Bench(options).started().hear({ priority: 200 }, 100)
    expect(follow(silent)).toEqual([{ type: 'hold', leaseUntilMs: expect.any(Number) }])
    const contested = new Bench(options).started().hear({ priority: 50 }, 100)
    expect(follow(contested)).toEqual([{ type: 'hold', leaseUntilMs: expect.any(Number) }])
  })

  test('not one that was heard again after it had resigned', () => {
    const bench = new Bench(options).started().hear({ priority: 0 }, 100).hear({ priority: 200 }, 100)
    expect(follow(bench)).toEqual([{ type: 'hold', leaseUntilMs: expect.any(Number) }])
  })
})
