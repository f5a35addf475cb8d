import { describe, expect, test } from 'vitest'
import { describeElector } from '../../../actors/elector/description.ts'
import type { ElectorOptions } from '../../../actors/elector/options.ts'
import { Bench, v2, v3 } from './bench.ts'

const failed = { type: 'track', source: 'portMonitor', state: 'failed', reason: 'port 3128 is not listening' } as const
const configured = (options: ElectorOptions) => ({ type: 'configured', options }) as const
const statusOf = (bench: Bench) => describeElector(bench.state, bench.nowMs)

describe.each([v2, v3])('another priority while it runs, v$version', (options) => {
  const lower = configured({ ...options, priority: 50 })

  test('a master stays master: the addresses stay, and its next advert says it', () => {
    const bench = new Bench(options).promoted()
    const { transitions } = statusOf(bench)
    bench.feed(lower)
    expect([bench.label, statusOf(bench).transitions]).toEqual(['MASTER', transitions])
    expect(bench.sent('announcer')).toEqual([])
    expect(bench.expire('advert').adverts()).toMatchObject([{ priority: 50 }])
    expect(statusOf(bench)).toMatchObject({ priority: 50, effectivePriority: 50 })
  })

  test('the rest of the node is told', () => {
    const bench = new Bench(options).promoted().feed(lower)
    expect(bench.sent('discovery')).toMatchObject([{ type: 'role', role: 'director', masterPriority: 50 }])
  })

  test('a master that is lower now gives way to the next advert of a higher one', () => {
    expect(new Bench(options).promoted().feed(lower).hear({ priority: 80 }).label).toBe('BACKUP')
  })

  test('a backup that is higher now preempts, as if it had been started so', () => {
    const bench = new Bench({ ...options, priority: 50 }).started().hear({ priority: 80 })
    bench.feed(configured(options)).hear({ priority: 80 }, 1000)
    expect(bench.expire('masterDown').drained().label).toBe('MASTER')
  })

  test('what has failed counts from the new one', () => {
    const bench = new Bench(options).started().feed(failed).feed(lower)
    expect(statusOf(bench)).toMatchObject({ priority: 50, effectivePriority: 10 })
  })
})

test('preemption that is forbidden, or allowed, counts from the next advert on', () => {
  const bench = new Bench({ ...v2, preempt: false }).started().hear({ priority: 80 })
  expect(statusOf(bench).masterPriority).toBe(80)
  bench.feed(configured(v2)).hear({ priority: 80 }, 1000)
  expect(bench.lines()).toContain('VRRP_Instance(51) forcing a new MASTER election')
})

test('a preempt delay that is counted already gives way to the new one', () => {
  const bench = new Bench({ ...v2, preemptDelayMs: 1_000_000 }).started().hear({ priority: 80 })
  bench.feed(configured({ ...v2, preemptDelayMs: 1000 })).hear({ priority: 80 }, 1000)
  expect(bench.lines()).toEqual([])
  bench.hear({ priority: 80 }, 1000)
  expect(bench.lines()).toContain('VRRP_Instance(51) forcing a new MASTER election')
})

describe('what is tracked', () => {
  const fatal = { ...v2, track: { ...v2.track, portMonitor: 'fault' } } as const
  const ignored = { ...v2, track: { ...v2.track, portMonitor: 'off' } } as const

  test('that has failed already, and counts as fatal now, ends the part in the election', () => {
    expect(new Bench(v2).promoted().feed(failed).feed(configured(fatal)).label).toBe('FAULT')
  })

  test('and is not any more: back to the election', () => {
    const bench = new Bench(fatal).started().feed(failed)
    expect(bench.label).toBe('FAULT')
    expect(bench.feed(configured(ignored)).label).toBe('BACKUP')
    expect(statusOf(bench)).toMatchObject({ effectivePriority: 100, tracking: [] })
  })
})

test('before the start it changes what the election begins with, and begins nothing', () => {
  const bench = new Bench(v2).feed(failed).feed(configured({ ...v2, priority: 70 }))
  expect([bench.label, bench.running.size, bench.adverts()]).toEqual(['INIT', 0, []])
  expect(statusOf(bench.feed({ type: 'start' }))).toMatchObject({ state: 'BACKUP', priority: 70 })
})

test('when this process had settled is a matter of its start', () => {
  const bench = new Bench({ ...v3, settledAtMs: 9000 }).started().feed(configured({ ...v3, settledAtMs: 0 }))
  expect(bench.state.options.settledAtMs).toBe(9000)
})

describe.each([v2, v3])('other virtual IPs while it runs, v$version', (options) => {
  const virtualIps = [...options.virtualIps, '10.0.0.99']
  const more = configured({ ...options, virtualIps })

  test('a master says them at once, stays master, and its advert timer runs on', () => {
    const bench = new Bench(options).promoted()
    const { transitions } = statusOf(bench)
    bench.feed(more, 200)
    expect(bench.adverts()).toMatchObject([{ priority: options.priority, addresses: virtualIps }])
    expect([bench.label, statusOf(bench).transitions, bench.sent('announcer')]).toEqual(['MASTER', transitions, []])
    expect(bench.expire('advert').adverts()).toMatchObject([{ addresses: virtualIps }])
  })

  test('the rest of the node is told what it leads', () => {
    const bench = new Bench(options).promoted().feed(more)
    expect(bench.sent('discovery')).toMatchObject([{ type: 'role', role: 'director', virtualIps }])
  })

  test('a backup says nothing on the wire, and hears its director as before', () => {
    const bench = new Bench({ ...options, priority: 50 }).started().hear({ priority: 80 })
    bench.feed(configured({ ...options, priority: 50, virtualIps }))
    expect(bench.adverts()).toEqual([])
    bench.hear({ priority: 80 }, 1000)
    expect([bench.label, statusOf(bench).masterPriority]).toEqual(['BACKUP', 80])
  })

  test('one that hands over does not speak up again', () => {
    const bench = new Bench(options).promoted().feed({ type: 'stepDown' })
    expect(bench.feed(more).adverts()).toEqual([])
  })

  test('the same ones in another order are nothing to say', () => {
    const bench = new Bench({ ...options, virtualIps }).promoted()
    expect(bench.feed(configured({ ...options, virtualIps: virtualIps.toReversed() })).adverts()).toEqual([])
  })
})
