import { describe, expect, test } from 'vitest'
import { describeElector } from '../../../actors/elector/description.ts'
import type { ElectorOptions } from '../../../actors/elector/options.ts'
import { initialElector } from '../../../actors/elector/state.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { familyOf } from '../../../runtime/wire/ip-address-bytes.ts'
import { VRRP_GROUPS } from '../../../runtime/wire/vrrp.ts'
import { Bench, heardAdvert, OTHER, OWN, subnetOf, v2, v3, v6 } from './bench.ts'

const both = [v2, v3, v6]

/** What is logged of the other node once it leads. */
const leads = (options: ElectorOptions, priority: number) =>
  `VRRP_Instance(51) the director is ${subnetOf(options).other} now, of priority ${priority}`
const without = (options: ElectorOptions): ElectorOptions => ({ ...options, preempt: false })

describe.each(both)('Initialize, v$version from $primaryAddress (RFC 9568 §6.4.1)', (options) => {
  test('rule 9: an ordinary node starts in Backup for a full Master_Down_Interval', () => {
    const bench = new Bench(options).started()
    expect(bench.label).toBe('BACKUP')
    expect(bench.remaining('masterDown')).toBe(3609.375)
    expect(bench.sent('raw-ip')).toEqual([])
    expect(bench.lines()).toEqual(['VRRP_Instance(51) Entering BACKUP STATE', 'state=backup previous=init'])
  })

  test('rule 9: the owner (255) becomes master at once', () => {
    const bench = new Bench({ ...options, priority: 255 }).started()
    expect(bench.label).toBe('MASTER')
    expect(bench.adverts()).toMatchObject([{ priority: 255, virtualRouterId: 51, addresses: options.virtualIps }])
    expect(bench.lines()).toEqual(['VRRP_Instance(51) Transition to MASTER STATE', 'state=master previous=init'])
  })

  test('before start nothing is heard', () => {
    const bench = new Bench(options).hear({ priority: 200 })
    expect(bench.effects).toEqual([])
    expect(bench.label).toBe('INIT')
  })

  test('a second start changes nothing', () => {
    const bench = new Bench(options).started()
    expect(bench.feed({ type: 'start' }).effects).toEqual([])
  })

  test('rule 20: no configuration makes priority 0', () => {
    expect(() => initialElector({ ...options, priority: 0 })).toThrow(RangeError)
    expect(() => initialElector({ ...options, priority: 256 })).toThrow(RangeError)
  })
})

describe.each(both)('Backup, v$version from $primaryAddress (RFC 9568 §6.4.2)', (options) => {
  test('rule 8, rule 12: an advert of higher priority restarts the full timer', () => {
    const bench = new Bench(options).started().hear({ priority: 150 }, 3000)
    expect(bench.remaining('masterDown')).toBe(3609.375)
    expect(bench.label).toBe('BACKUP')
  })

  test('rule 10: priority 0 sets the timer to the skew, not to now', () => {
    const bench = new Bench(options).started().hear({ priority: 150 }).hear({ priority: 0 }, 100)
    expect(bench.remaining('masterDown')).toBe(609.375)
    expect(bench.label).toBe('BACKUP')
    expect(bench.counter('priorityZeroReceived')).toBe(1)
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('rule 11: a lower priority is discarded, the timer runs on and is not cut short', () => {
    const bench = new Bench(options).started().hear({ priority: 99 }, 3000)
    expect(bench.effects.filter(({ type }) => type === 'startTimer' || type === 'cancelTimer')).toEqual([])
    expect(bench.remaining('masterDown')).toBe(609.375)
    expect(bench.lines()).toEqual(['VRRP_Instance(51) forcing a new MASTER election', leads(options, 99)])
    expect(bench.hear({ priority: 99 }, 100).lines()).toEqual([])
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('rule 12: without preemption any priority but 0 restarts the timer', () => {
    const bench = new Bench(without(options)).started().hear({ priority: 1 }, 3000)
    expect(bench.remaining('masterDown')).toBe(3609.375)
    expect(bench.lines()).toEqual([leads(options, 1)])
    expect(bench.hear({ priority: 0 }).remaining('masterDown')).toBe(609.375)
  })

  test.each([...subnetOf(options).higher, ...subnetOf(options).lower])(
    'rule 12: equal priority restarts the timer whatever the address (%s)',
    (source) => {
      const bench = new Bench(options).started().hear({ priority: 100, source }, 3000)
      expect(bench.remaining('masterDown')).toBe(3609.375)
    },
  )

  test('rule 13: without preemption it still takes over on silence', () => {
    const bench = new Bench(without(options)).started().hear({ priority: 1 }).expire('masterDown').drained()
    expect(bench.label).toBe('MASTER')
  })

  test('why it takes over is the first line: whose silence, for how long; or who has resigned', () => {
    const { other } = subnetOf(options)
    const why = (bench: Bench) => bench.drained().lines()[0]
    const silent = () => new Bench(options).started().hear({ priority: 150 }, 3000)
    expect(why(silent().expire('masterDown', 0.5))).toBe(`VRRP_Instance(51) no advert from ${other} for 3.6 s`)
    expect(why(silent().hear({ priority: 0 }, 500).expire('masterDown'))).toBe(
      `VRRP_Instance(51) ${other} has resigned`,
    )
    // It was said when the lower one was heard.
    expect(why(new Bench(options).started().hear({ priority: 50 }, 3000).expire('masterDown'))).toMatch(/Transition/)
    const fast = { ...options, version: 3, advertIntervalCs: 1 } as const
    expect(why(new Bench(fast).started().expire('masterDown'))).toBe(
      'VRRP_Instance(51) no advert from anybody for 36 ms',
    )
  })

  test('rule 13: the owner (255) preempts in spite of preempt: false and of the delay', () => {
    const owner = { ...without(options), priority: 255, preemptDelayMs: 60_000 }
    const bench = new Bench(owner).started().confirm().feed({ type: 'leaseExpired' })
    expect(bench.label).toBe('BACKUP')
    const before = bench.running.get('masterDown')
    bench.hear({ priority: 254 }, 1000)
    expect(bench.running.get('masterDown')).toBe(before)
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('rule 14: a node that is not master never has the announcer hold an address', () => {
    const bench = new Bench(options).started()
    expect(bench.sent('announcer')).toEqual([])
    bench.feed({ type: 'peerUp', peer: 'announcer' })
    expect(bench.sent('announcer')).toEqual([{ type: 'release' }])
    bench.feed({ type: 'sent', confirm: 1, atMs: bench.nowMs })
    expect(bench.effects).toEqual([])
  })

  test('rule 5: another list of addresses is told, not discarded', () => {
    const { foreignVip, other } = subnetOf(options)
    const bench = new Bench(options).started().hear({ priority: 150, addresses: [foreignVip] }, 3000)
    expect(bench.remaining('masterDown')).toBe(3609.375)
    const who = `${other} (priority 150, version ${options.version}, every 1000 ms, virtual IPs ${foreignVip})`
    const told = `VRID 51 is in use by another virtual router, ${who}: give one of both another VRID, 52 is free`
    expect(bench.lines()).toEqual([`VRRP_Instance(51) ${told}`, leads(options, 150)])
    expect(textsOf(describeElector(bench.state, bench.nowMs).warnings)).toEqual([told])
    expect(bench.hear({ priority: 150, addresses: [foreignVip] }, 1000).lines()).toEqual([])
  })

  test('two nodes of one priority are told, until one has another', () => {
    const bench = new Bench(options).started().hear({ priority: 100 })
    const warnings = () => textsOf(describeElector(bench.state, bench.nowMs).warnings)
    expect(warnings()[0]).toContain(`${subnetOf(options).other} has the same priority as this node, 100`)
    bench.hear({ priority: 0 }, 100)
    expect(warnings()).toHaveLength(1)
    bench.hear({ priority: 101 }, 100)
    expect(warnings()).toEqual([])
  })

  test('who leads is said once, and again when it is another one', () => {
    const bench = new Bench(options).started().hear({ priority: 150 })
    expect(bench.lines()).toEqual([leads(options, 150)])
    expect(bench.hear({ priority: 150 }, 1000).lines()).toEqual([])
    // It resigns, and goes on since nobody follows.
    expect(bench.hear({ priority: 0 }, 100).hear({ priority: 150 }, 500).lines()).toEqual([])
    const source = subnetOf(options).higher[0]!
    bench.nowMs += 3000
    const [line] = bench.hear({ source, priority: 120 }).lines()
    expect(line).toBe(`VRRP_Instance(51) the director is ${source} now, of priority 120`)
  })

  test('of two that advertise by turns not each advert is told', () => {
    const bench = new Bench(options).started()
    const source = subnetOf(options).higher[0]!
    let told = 0
    for (let turn = 0; turn < 30; turn++) {
      told += bench.hear({ priority: 150 }, 50).lines().length
      told += bench.hear({ source, priority: 150 }, 50).lines().length
    }
    expect(told).toBe(1)
  })

  test('who follows this node as director is told at once', () => {
    const bench = new Bench(options).started().hear({ priority: 99 })
    bench.expire('masterDown').drained().confirm()
    expect(bench.hear({ priority: 150 }, 100).lines()).toContain(leads(options, 150))
  })
})

describe('version 3 learns the interval of the master (rules 5, 7, 8)', () => {
  test('for both parts of Master_Down_Interval', () => {
    const bench = new Bench(v3).started().hear({ priority: 150, advertIntervalCs: 10 })
    expect(bench.remaining('masterDown')).toBe(360.9375)
  })

  test('rule 10: and for the skew after priority 0', () => {
    const bench = new Bench(v3).started().hear({ priority: 150, advertIntervalCs: 10 }).hear({ priority: 0 })
    expect(bench.remaining('masterDown')).toBe(60.9375)
  })

  test('rule 11: not from an advert that is discarded', () => {
    const bench = new Bench(v3).started().hear({ priority: 99, advertIntervalCs: 10 }).hear({ priority: 0 })
    expect(bench.remaining('masterDown')).toBe(609.375)
  })

  test('but advertises at its own', () => {
    const bench = new Bench(v3).started().hear({ priority: 150, advertIntervalCs: 10 }).expire('masterDown').drained()
    expect(bench.adverts()).toMatchObject([{ advertIntervalCs: 100 }])
    expect(bench.remaining('advert')).toBe(1000)
  })
})

describe('preempt delay', () => {
  const delayed = { ...v2, preemptDelayMs: 10_000 }

  test('a living master of lower priority is left alone until the delay is over, then rule 11 holds', () => {
    const bench = new Bench(delayed).started()
    for (let second = 0; second < 10; second++) {
      bench.hear({ priority: 50 }, second === 0 ? 0 : 1000)
      expect(bench.remaining('masterDown')).toBe(3609.375)
    }
    bench.hear({ priority: 50 }, 1000)
    expect(bench.remaining('masterDown')).toBe(2609.375)
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('a master of higher priority in between starts it anew', () => {
    const bench = new Bench(delayed)
      .started()
      .hear({ priority: 50 })
      .hear({ priority: 150 }, 9000)
      .hear({ priority: 50 }, 1000)
    expect(bench.remaining('masterDown')).toBe(3609.375)
  })

  test('rule 13: silence is not waited for any longer', () => {
    const bench = new Bench(delayed).started().hear({ priority: 50 }).expire('masterDown').drained()
    expect(bench.label).toBe('MASTER')
  })
})

describe.each(both)('Master, v$version from $primaryAddress (RFC 9568 §6.4.3)', (options) => {
  test('rule 18: the advert first, the addresses and their gratuitous ARP once it has left', () => {
    const bench = new Bench(options).started().expire('masterDown').drained()
    expect(bench.adverts()).toMatchObject([{ priority: 100 }])
    expect(bench.sent('announcer')).toEqual([])
    expect(bench.remaining('advert')).toBe(1000)
    expect(bench.lines()).toEqual([
      'VRRP_Instance(51) no advert from anybody for 3.6 s',
      'VRRP_Instance(51) Transition to MASTER STATE',
      'state=master previous=backup',
    ])
    bench.confirm()
    expect(bench.sent('announcer')).toEqual([{ type: 'hold', leaseUntilMs: bench.nowMs + 3000 }])
    expect(bench.lines()).toEqual(['VRRP_Instance(51) Entering MASTER STATE'])
  })

  test('rule 1, rule 6: adverts go to the group as protocol 112', () => {
    const bench = new Bench(options).started().expire('masterDown').drained()
    expect(bench.sent('raw-ip')).toMatchObject([
      { type: 'send', protocol: 112, destination: VRRP_GROUPS[familyOf(options.primaryAddress)], confirm: 1 },
    ])
    // Read as a packet of the primary address, which the checksum of version 3 covers.
    expect(bench.adverts()).toHaveLength(1)
  })

  test('an advert an interval, each renewing the lease when it has left', () => {
    const bench = new Bench(options).promoted().expire('advert')
    expect(bench.adverts()).toHaveLength(1)
    expect(bench.remaining('advert')).toBe(1000)
    bench.confirm()
    expect(bench.sent('announcer')).toEqual([{ type: 'renew', leaseUntilMs: bench.nowMs + 3000 }])
  })

  test('rule 15: priority 0 is answered by an advert, the timer starts anew, it stays master', () => {
    const bench = new Bench(options).promoted().hear({ priority: 0 }, 700)
    expect(bench.adverts()).toMatchObject([{ priority: 100 }])
    expect(bench.remaining('advert')).toBe(1000)
    expect(bench.label).toBe('MASTER')
  })

  test('rule 16: a higher priority wins: yield, Backup for its Master_Down_Interval', () => {
    const bench = new Bench(options).promoted().hear({ priority: 101 })
    expect(bench.label).toBe('BACKUP')
    expect(bench.effects[1]).toEqual({ type: 'send', to: 'announcer', message: { type: 'yield' } })
    expect(bench.running.has('advert')).toBe(false)
    expect(bench.remaining('masterDown')).toBe(3609.375)
    expect(bench.lines()).toEqual([
      'VRRP_Instance(51) Received higher prio advert',
      'VRRP_Instance(51) Entering BACKUP STATE',
      'state=backup previous=master',
      leads(options, 101),
    ])
    expect(describeElector(bench.state, bench.nowMs)).toMatchObject({
      masterIp: subnetOf(options).other,
      masterPriority: 101,
    })
  })

  test('rule 16: between equals the higher address wins, compared unsigned in network order', () => {
    const labelAfter = (source: string) => new Bench(options).promoted().hear({ source }).label
    expect(subnetOf(options).higher.map(labelAfter)).toEqual(['BACKUP', 'BACKUP'])
    expect(subnetOf(options).lower.map(labelAfter)).toEqual(['MASTER', 'MASTER'])
  })

  test.each([
    ['a lower priority', { priority: 99 }],
    ['an equal one from a lower address', { source: subnetOf(options).lower[0]! }],
  ])('rule 17: %s is discarded and answered by an advert at once', (_, heard) => {
    const bench = new Bench(options).promoted().hear(heard, 300)
    expect(bench.label).toBe('MASTER')
    expect(bench.adverts()).toMatchObject([{ priority: 100 }])
    expect(bench.remaining('advert')).toBe(700)
    expect(bench.lines()).toContain('VRRP_Instance(51) forcing a new MASTER election')
    expect(bench.counter('losingAdvertsReceived')).toBe(1)
  })

  test('that an election is forced is said once of a director that gives way, and anew of the next time', () => {
    const forced = 'VRRP_Instance(51) forcing a new MASTER election'
    const bench = new Bench(options).started()
    for (let time = 0; time < 2; time++) {
      expect(bench.hear({ priority: 99 }, 100).lines()).toContain(forced)
      bench.expire('masterDown').drained().confirm()
      // What it has sent before it heard of us.
      expect(bench.hear({ priority: 99 }, 1).lines()).toEqual([])
      bench.hear({ priority: 101 }, 1000)
    }
  })

  test.each([
    ['losing adverts', { priority: 99 }, 10],
    ['resignations', { priority: 0 }, 200],
  ])('rules 15, 17: %s are answered at once, but not one for one', (_, heard, mostASecond) => {
    const bench = new Bench(options).promoted().expire('advert').confirm()
    expect(bench.hear(heard, 300).adverts()).toHaveLength(1)
    let answers = 0
    let lines = 0
    for (let packet = 0; packet < 3000; packet++) {
      answers += bench.hear({ ...heard, source: subnetOf(options).lower[packet % 2]! }, 1 / 3).adverts().length
      lines += bench.lines().filter((line) => line.includes('forcing a new MASTER election')).length
      const due = bench.running.get('advert')
      if (due !== undefined && due.dueMs <= bench.nowMs) answers += bench.expire('advert').adverts().length
      bench.confirm()
    }
    expect(answers).toBeLessThanOrEqual(2 * mostASecond + 1)
    expect(answers).toBeGreaterThanOrEqual(mostASecond / 2)
    expect(lines).toBeLessThanOrEqual(2)
    expect(bench.label).toBe('MASTER')
  })

  test('rule 17: the winner of a healed split sends gratuitous ARP again, at most once a second', () => {
    const bench = new Bench(options).promoted().expire('advert').confirm()
    expect(bench.hear({ priority: 50 }, 500).sent('announcer')).toEqual([{ type: 'announce' }])
    expect(bench.hear({ priority: 50 }, 1).sent('announcer')).toEqual([])
    expect(bench.hear({ priority: 50 }, 400).sent('announcer')).toEqual([])
    bench.expire('advert').confirm()
    expect(bench.hear({ priority: 50 }, 900).sent('announcer')).toEqual([{ type: 'announce' }])
  })

  test('rule 17: who gives way says so by a last advert when its addresses are gone, so that the winner of a healed split announces itself', () => {
    const loser = new Bench(options).promoted().hear({ priority: 101 })
    expect(loser.adverts()).toEqual([])
    expect(loser.feed({ type: 'released' }, 20).adverts()).toMatchObject([{ priority: 100 }])
    const winner = new Bench({ ...options, priority: 101 }).promoted().expire('advert').confirm()
    winner.hear({ ...loser.adverts()[0]! }, 500)
    expect(winner.sent('announcer')).toEqual([{ type: 'announce' }])
    expect(winner.adverts()).toMatchObject([{ priority: 101 }])
  })

  test('who gives way before it held the addresses gives way in silence: no client knows it', () => {
    const loser = new Bench(options).started().expire('masterDown').drained().hear({ priority: 101 })
    expect(loser.label).toBe('BACKUP')
    expect(loser.adverts()).toEqual([])
    expect(loser.feed({ type: 'released' }).adverts()).toEqual([])
  })

  test('who is master again before that has nobody to give way to', () => {
    const back = new Bench(options).promoted().hear({ priority: 101 }).expire('masterDown').drained()
    expect(back.feed({ type: 'released' }).adverts()).toEqual([])
  })

  test('the last advert of the one that was just preempted is no warning', () => {
    const bench = new Bench(options).promoted().hear({ priority: 50 }, 1)
    expect(textsOf(describeElector(bench.state, bench.nowMs).warnings)).toEqual([])
    expect(bench.sent('announcer')).toEqual([])
  })

  test('rule 19: shutdown sends priority 0, releases, and goes to Initialize', () => {
    const bench = new Bench(options).promoted().feed({ type: 'shutdown' })
    expect(bench.adverts()).toMatchObject([{ priority: 0, addresses: options.virtualIps }])
    expect(bench.sent('announcer')).toEqual([{ type: 'release' }])
    expect(bench.label).toBe('INIT')
    expect(bench.running.size).toBe(0)
    expect(bench.counter('priorityZeroSent')).toBe(1)
  })

  test('rule 19: shutdown in Backup sends nothing', () => {
    const bench = new Bench(options).started().feed({ type: 'shutdown' })
    expect(bench.sent('raw-ip')).toEqual([])
    expect(bench.label).toBe('INIT')
    expect(bench.running.size).toBe(0)
  })
})

test('rule 16: version 3 learns the interval of the master that it gives way to', () => {
  const bench = new Bench(v3).promoted().hear({ priority: 200, advertIntervalCs: 20 })
  expect(bench.remaining('masterDown')).toBe(3 * 200 + (156 * 200) / 256)
})

test('status says who is master, and how often that changed', () => {
  const bench = new Bench(v2).started()
  const status = () => describeElector(bench.state, bench.nowMs)
  expect(status()).toMatchObject({
    role: 'scanning',
    state: 'BACKUP',
    masterIp: null,
    masterPriority: null,
    transitions: 0,
  })
  bench.hear({ priority: 150 })
  expect(status()).toMatchObject({ masterIp: OTHER, masterPriority: 150 })
  bench.expire('masterDown')
  expect(status()).toMatchObject({ masterIp: null })
  bench.drained().confirm()
  expect(status()).toMatchObject({
    role: 'director',
    state: 'MASTER',
    masterIp: OWN,
    masterPriority: 100,
    transitions: 1,
  })
  bench.feed(heardAdvert(v2, { priority: 200 })).feed({ type: 'released' })
  expect(status()).toMatchObject({
    role: 'scanning',
    masterIp: OTHER,
    transitions: 2,
    advertIntervalMs: 1000,
    version: 2,
  })
  expect(status().counters).toMatchObject({ advertsSent: 2, advertsReceived: 2 })
})
