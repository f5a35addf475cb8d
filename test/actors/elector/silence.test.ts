import { describe, expect, test } from 'vitest'
import type { ElectorOptions } from '../../../actors/elector/options.ts'
import type { ElectorEffect } from '../../../actors/elector/state.ts'
import { Bench, heardAdvert, OTHER, v3 } from './bench.ts'

const fast = { ...v3, advertIntervalCs: 1, lookAheadMs: 1 }
/** Three intervals and the skew of priority 100. */
const MASTER_DOWN_MS = 3 * 10 + (156 / 256) * 10

/** A node in BACKUP that has heard a director of higher priority just now. */
const waiting = (options: ElectorOptions = fast) => new Bench(options).started().hear({ priority: 200, source: OTHER })

const drainOf = ({ effects }: Bench) =>
  effects.find((effect): effect is Extract<ElectorEffect, { type: 'drain' }> => effect.type === 'drain')!

/** Silence has lasted; what was to be sent when nothing has arrived is out. */
function announced(bench: Bench): Bench {
  const { number, confirm } = drainOf(bench)
  return bench.feed({ type: 'drained', number, confirm })
}

describe('when silence has lasted', () => {
  test('the threads are woken a moment ahead, and look until the whole Master_Down_Interval is over', () => {
    const bench = waiting()
    const heardAtMs = bench.nowMs
    expect(bench.running.get('masterDown')!.dueMs).toBeCloseTo(heardAtMs + MASTER_DOWN_MS - 1, 6)
    expect(drainOf(bench.expire('masterDown')).untilMs).toBeCloseTo(heardAtMs + MASTER_DOWN_MS, 6)
  })

  test('what the own way adds to a silence, from an advert that comes to one that leaves, is not waited for', () => {
    const bench = waiting({ ...fast, ownDelayMs: 0.25 })
    const heardAtMs = bench.nowMs
    expect(bench.running.get('masterDown')!.dueMs).toBeCloseTo(heardAtMs + MASTER_DOWN_MS - 0.25 - 1, 6)
    expect(drainOf(bench.expire('masterDown')).untilMs).toBeCloseTo(heardAtMs + MASTER_DOWN_MS - 0.25, 6)
  })

  test('the announcer is woken as well, where threads are woken ahead', () => {
    expect(waiting().expire('masterDown').sent('announcer')).toEqual([{ type: 'makeReady' }])
    expect(waiting(v3).expire('masterDown').sent('announcer')).toEqual([])
  })

  test('what the threads have taken for an advert counts as silence', () => {
    const bench = waiting()
    const heard = heardAdvert(fast, { priority: 200, source: OTHER })
    bench.feed({ ...heard, receivedAtMs: bench.nowMs - 4 })
    expect(bench.running.get('masterDown')!.dueMs).toBeCloseTo(bench.nowMs + MASTER_DOWN_MS - 4 - 1, 6)
    bench.feed({ ...heard, receivedAtMs: 0 })
    expect(bench.running.get('masterDown')!.dueMs).toBe(bench.nowMs)
  })

  test('its advert is handed over with the question, and counts when it is out: no second one follows', () => {
    const bench = waiting().expire('masterDown')
    expect(drainOf(bench).adverts).toMatchObject([
      { type: 'send', protocol: 112, destination: '224.0.0.18', confirm: 1 },
    ])
    announced(bench)
    expect(bench.label).toBe('MASTER')
    expect(bench.sent('raw-ip')).toEqual([])
    expect(bench.state.counters.advertsSent).toBe(1)
    bench.feed({ type: 'sent', confirm: 1, atMs: bench.nowMs })
    expect(bench.sent('announcer')).toEqual([{ type: 'hold', leaseUntilMs: bench.nowMs + 30 }])
    expect(bench.expire('advert').sent('raw-ip')).toMatchObject([{ confirm: 2 }])
  })

  test('an advert that went out although the director was heard meanwhile is taken back, and so it is by who was stopped', () => {
    const heard = waiting().expire('masterDown')
    const { number, confirm } = drainOf(heard)
    heard.hear({ priority: 200, source: OTHER }).feed({ type: 'drained', number, confirm })
    expect(heard.label).toBe('BACKUP')
    expect(heard.adverts()).toMatchObject([{ priority: 0 }])

    const stopped = waiting().expire('masterDown').feed({ type: 'shutdown' })
    expect(stopped.feed({ type: 'drained', number, confirm }).adverts()).toMatchObject([{ priority: 0 }])
    expect(stopped.feed({ type: 'drained', number }).adverts()).toEqual([])
  })
})
