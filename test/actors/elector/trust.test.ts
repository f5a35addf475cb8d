import { describe, expect, test } from 'vitest'
import { describeElector } from '../../../actors/elector/description.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { Bench, OTHER, OWN, VIP, v2, v3 } from './bench.ts'

describe('drain before acting', () => {
  test('silence is acted on only when all that had arrived was looked at', () => {
    const bench = new Bench(v2).started().expire('masterDown')
    expect(bench.label).toBe('BACKUP')
    expect(bench.adverts()).toEqual([])
    expect(bench.effects).toHaveLength(1)
    expect(bench.drained().label).toBe('MASTER')
  })

  test('an advert among what had arrived resets the timer: no false failover', () => {
    const bench = new Bench(v2).started().expire('masterDown', 8000)
    const drain = bench.effects[0]
    if (drain?.type !== 'drain') throw new Error('no drain')
    bench.hear({ priority: 150 })
    expect(bench.remaining('masterDown')).toBe(3609.375)
    bench.feed({ type: 'drained', number: drain.number })
    expect(bench.label).toBe('BACKUP')
    expect(bench.effects).toEqual([])
  })

  test('priority 0 among it still leaves the skew', () => {
    const bench = new Bench(v2).started().expire('masterDown')
    bench.hear({ priority: 0 })
    expect(bench.remaining('masterDown')).toBe(609.375)
    expect(bench.label).toBe('BACKUP')
  })

  test('rule 11: a lower priority among it does not stop the takeover', () => {
    const bench = new Bench(v2).started().expire('masterDown')
    const drain = bench.effects[0]
    if (drain?.type !== 'drain') throw new Error('no drain')
    bench.hear({ priority: 50 }).feed({ type: 'drained', number: drain.number })
    expect(bench.label).toBe('MASTER')
  })

  test('where it fails nobody knows what has arrived: a whole master-down interval anew, and nothing is sent', () => {
    const bench = new Bench(v2).started().expire('masterDown')
    const drain = bench.effects[0]
    if (drain?.type !== 'drain') throw new Error('no drain')
    bench.feed({ type: 'drainFailed', number: drain.number })
    expect(bench.label).toBe('BACKUP')
    expect(bench.adverts()).toEqual([])
    expect(bench.remaining('masterDown')).toBe(3609.375)
    bench.feed({ type: 'drained', number: drain.number })
    expect(bench.label).toBe('BACKUP')
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('a failure that is told too late changes nothing', () => {
    const bench = new Bench(v2).started().expire('masterDown')
    const drain = bench.effects[0]
    if (drain?.type !== 'drain') throw new Error('no drain')
    bench.hear({ priority: 150 }).feed({ type: 'drainFailed', number: drain.number })
    expect(bench.effects).toEqual([])
    const promoted = new Bench(v2).promoted()
    expect(promoted.feed({ type: 'drainFailed', number: drain.number }).label).toBe('MASTER')
  })

  test('rule 21: an answer to an earlier drain is ignored', () => {
    const bench = new Bench(v2).started().expire('masterDown')
    const first = bench.effects[0]
    if (first?.type !== 'drain') throw new Error('no drain')
    bench.hear({ priority: 150 }).expire('masterDown')
    bench.feed({ type: 'drained', number: first.number })
    expect(bench.label).toBe('BACKUP')
  })
})

describe('self-fencing', () => {
  test('after a stall a director gives up before anything else, whatever the first event is', () => {
    const bench = () => new Bench(v2).promoted()
    const stalled = [
      bench().expire('advert', 9000),
      bench().hear({ priority: 50 }, 10_000),
      bench().hear({ priority: 101 }, 10_000),
      bench().feed({ type: 'stepDown' }, 20_000),
      bench().feed({ type: 'peerUp', peer: 'raw-ip' }, 20_000),
      bench().feed({ type: 'sent', confirm: 1, atMs: 5001 }, 20_000),
    ]
    for (const node of stalled) {
      expect(node.label).toBe('BACKUP')
      expect(node.adverts()).toEqual([])
      expect(node.sent('announcer')[0]).toEqual({ type: 'release' })
      expect(node.sent('discovery')).toMatchObject([{ role: 'scanning' }])
      expect(node.remaining('masterDown')).toBe(3609.375)
      expect(node.counter('leaseExpiries')).toBe(1)
    }
  })

  test('the event is then handled: priority 0 finds a backup', () => {
    const bench = new Bench(v2).promoted().hear({ priority: 0 }, 10_000)
    expect(bench.adverts()).toEqual([])
    expect(bench.remaining('masterDown')).toBe(609.375)
  })

  test('the event is then handled: a higher priority that was queued is the master', () => {
    const bench = new Bench(v2).promoted().hear({ priority: 200 }, 10_000)
    expect(describeElector(bench.state, bench.nowMs)).toMatchObject({ state: 'BACKUP', masterIp: OTHER })
  })

  test('the lease ends three intervals after the last advert that left: one moment before, it is still master', () => {
    const bench = new Bench(v2).promoted()
    const leftAtMs = bench.nowMs
    expect(bench.feed({ type: 'held' }, leftAtMs + 2999.999).label).toBe('MASTER')
    expect(bench.feed({ type: 'held' }, leftAtMs + 3000).label).toBe('BACKUP')
  })

  test('the lease counts from when the advert left, not from when that was heard of', () => {
    const bench = new Bench(v2).promoted().expire('advert')
    const leftAtMs = bench.nowMs
    bench.feed({ type: 'sent', confirm: 2, atMs: leftAtMs }, leftAtMs + 700)
    expect(bench.sent('announcer')).toEqual([{ type: 'renew', leaseUntilMs: leftAtMs + 3000 }])
  })

  test('a clock that reads ahead in the sender does not lengthen it', () => {
    const bench = new Bench(v2).promoted()
    bench.feed({ type: 'sent', confirm: 1, atMs: bench.nowMs + 60_000 })
    expect(bench.sent('announcer')).toEqual([{ type: 'renew', leaseUntilMs: bench.nowMs + 3000 }])
  })

  test('adverts that do not leave end the mastership; the addresses were never held', () => {
    const bench = new Bench(v2).started().expire('masterDown').drained()
    for (let failures = 1; bench.label === 'MASTER'; failures++) {
      bench.feed({ type: 'sendFailed', confirm: failures, reason: 'ENETDOWN' })
      expect(bench.sent('announcer')).toEqual([])
      bench.expire('advert')
    }
    expect(bench.counter('sendsFailed')).toBe(3)
    expect(textsOf(describeElector(bench.state, bench.nowMs).warnings)).toEqual(['adverts cannot be sent: ENETDOWN'])
  })

  test('a confirmation of an earlier time as master neither holds nor renews', () => {
    const bench = new Bench(v2).promoted().expire('advert')
    bench.hear({ priority: 200 }).expire('masterDown').drained()
    expect(bench.label).toBe('MASTER')
    bench.feed({ type: 'sent', confirm: 2, atMs: bench.nowMs })
    expect(bench.effects).toEqual([])
    expect(bench.confirm().sent('announcer')).toMatchObject([{ type: 'hold' }])
  })

  test('a lease that expired at the announcer does the same', () => {
    const bench = new Bench(v2).promoted().feed({ type: 'leaseExpired' })
    expect(bench.label).toBe('BACKUP')
    expect(bench.adverts()).toEqual([])
    expect(bench.remaining('masterDown')).toBe(3609.375)
  })

  test('addresses that the kernel refuses are left to the next one', () => {
    const bench = new Bench(v2).promoted().feed({ type: 'holdFailed', address: '10.10.74.74', reason: 'EPERM' })
    expect(bench.label).toBe('BACKUP')
    expect(bench.adverts()).toMatchObject([{ priority: 0 }])
    expect(textsOf(describeElector(bench.state, bench.nowMs).warnings)[0]).toBe('cannot hold 10.10.74.74: EPERM')
    expect(bench.hear({ priority: 50 }, 1000).remaining('masterDown')).toBe(3609.375)
  })
})

describe('the advert timer', () => {
  test('does not drift: lateness of one advert shortens the next interval', () => {
    const bench = new Bench(v2).promoted()
    const firstDueMs = bench.running.get('advert')!.dueMs
    for (let advert = 1; advert <= 50; advert++) {
      bench.expire('advert', (advert * 7) % 13).confirm()
      expect(bench.running.get('advert')!.dueMs).toBe(firstDueMs + advert * 1000)
    }
  })

  test('a stall is not made up for by a burst: the next advert is at least half an interval away', () => {
    const bench = new Bench(v2).promoted().expire('advert', 1900)
    expect(bench.label).toBe('MASTER')
    expect(bench.adverts()).toHaveLength(1)
    expect(bench.remaining('advert')).toBe(500)
  })
})

describe('peers', () => {
  const identity = { type: 'role', instance: 'VI_51', virtualIps: [VIP] } as const

  test('discovery and dispatcher hear of each change of role and of director, and of nothing else', () => {
    const bench = new Bench(v2)
    const told = () => [bench.sent('discovery'), bench.sent('dispatcher')]
    const twice = (role: string, masterAddress: string | null, masterPriority: number | null, more = {}) => {
      const message = { ...identity, role, masterAddress, masterPriority, ...more }
      return [[message], [message]]
    }
    bench.started()
    expect(told()).toEqual(twice('scanning', null, null))
    bench.hear({ priority: 150 })
    expect(told()).toEqual(twice('scanning', OTHER, 150))
    bench.hear({ priority: 150 }, 1000)
    expect(told()).toEqual([[], []])
    bench.expire('masterDown')
    expect(told()).toEqual(twice('scanning', null, null))
    bench.drained()
    expect(told()).toEqual([[], []])
    bench.confirm()
    expect(told()).toEqual(twice('director', OWN, 100, { afterSilence: true }))
    bench.expire('advert').confirm()
    expect(told()).toEqual([[], []])
    bench.feed({ type: 'shutdown' })
    expect(told()).toEqual(twice('initializing', null, null))
  })

  test.each(['discovery', 'dispatcher'] as const)('%s is told the role when it comes up', (peer) => {
    const bench = new Bench(v2).promoted().feed({ type: 'peerUp', peer })
    const message = { ...identity, role: 'director', masterAddress: OWN, masterPriority: 100, afterSilence: true }
    expect(bench.effects).toEqual([{ type: 'send', to: peer, message }])
  })

  test('a director that follows one that resigned does not say that it was silent', () => {
    const bench = new Bench(v2).started().hear({ priority: 150 }).hear({ priority: 0 }, 500)
    bench.expire('masterDown').drained()
    bench.confirm()
    expect(bench.sent('discovery').at(-1)).toEqual({
      ...identity,
      role: 'director',
      masterAddress: OWN,
      masterPriority: 100,
    })
  })

  test('an announcer that comes up under a director holds again, with the lease as it is', () => {
    const bench = new Bench(v2).promoted()
    const leaseUntilMs = bench.nowMs + 3000
    bench.feed({ type: 'peerUp', peer: 'announcer' }, bench.nowMs + 500)
    expect(bench.sent('announcer')).toEqual([{ type: 'hold', leaseUntilMs }])
  })

  test('but not before the first advert has left', () => {
    const bench = new Bench(v2).started().expire('masterDown').drained().feed({ type: 'peerUp', peer: 'announcer' })
    expect(bench.effects).toEqual([])
  })

  test('a raw-IP actor that comes up under a master is given an advert at once', () => {
    const bench = new Bench({ ...v3, priority: 255 }).started().feed({ type: 'peerUp', peer: 'raw-ip' })
    expect(bench.adverts()).toHaveLength(1)
    expect(bench.confirm().sent('announcer')).toMatchObject([{ type: 'hold' }])
  })

  test('a raw-IP actor that comes up under a backup: the silence until then proves nothing', () => {
    const bench = new Bench(v2).started().feed({ type: 'peerUp', peer: 'raw-ip' }, 8000)
    expect(bench.remaining('masterDown')).toBe(3609.375)
  })
})

describe('after a crash of the elector', () => {
  test('rule 19: what its predecessor held is given up with priority 0, so that nobody waits for it', () => {
    const bench = new Bench(v2).started().feed({ type: 'peerUp', peer: 'announcer' })
    bench.feed({ type: 'released' })
    expect(bench.adverts()).toMatchObject([{ priority: 0 }])
    expect(bench.feed({ type: 'released' }).adverts()).toEqual([])
  })

  test('unless another has followed already', () => {
    const bench = new Bench(v2).started().hear({ priority: 50 }).feed({ type: 'released' })
    expect(bench.adverts()).toEqual([])
  })

  test('and not for what this incarnation released itself', () => {
    const bench = new Bench(v2).promoted().feed({ type: 'leaseExpired' }).feed({ type: 'released' })
    expect(bench.adverts()).toEqual([])
  })
})
