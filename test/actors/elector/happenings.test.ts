import { describe, expect, test } from 'vitest'
import { Bench, OTHER, VIP, v2 } from './bench.ts'

/** What the last event has the timeline tell. */
const told = ({ effects }: Bench): readonly string[] =>
  effects.flatMap((effect) =>
    effect.type === 'happened' ? [`${effect.kind}: ${effect.address ?? 'this node'} ${effect.what}`] : [],
  )

const failed = { type: 'track', source: 'interface', state: 'failed', reason: 'eth0 is down' } as const

describe('the timeline tells', () => {
  test('why a node leads: nobody was there', () => {
    const bench = new Bench(v2).started()
    expect(told(bench)).toEqual([`backup: this node takes part in the election of ${VIP}`])
    expect(told(bench.expire('masterDown').drained())).toEqual([
      `director: this node is director of ${VIP}: nobody else leads`,
    ])
  })

  test('why a node leads: who led fell silent, for as long as it was not heard', () => {
    const bench = new Bench(v2).started().hear({ priority: 200 })
    expect(told(bench)).toEqual([`director: ${OTHER} is director of ${VIP}, with priority 200`])
    expect(told(bench.expire('masterDown').drained())).toEqual([
      `director: this node is director of ${VIP}: no advert from ${OTHER} for 3.6 s`,
    ])
  })

  test('why a node leads: who led gave way', () => {
    const bench = new Bench(v2).started().hear({ priority: 200 }).hear({ priority: 0 }, 500)
    expect(told(bench.expire('masterDown').drained())).toEqual([
      `director: this node is director of ${VIP}: ${OTHER} gave way`,
    ])
  })

  test('why a node leads: who led has the lower priority', () => {
    const bench = new Bench(v2).started().hear({ priority: 50 }).hear({ priority: 50 }, 1000)
    expect(told(bench.expire('masterDown').drained())).toEqual([
      `director: this node is director of ${VIP}: its priority is higher than that of ${OTHER}`,
    ])
  })

  test('why a node leads no more: a higher priority', () => {
    expect(told(new Bench(v2).promoted().hear({ priority: 200 }))).toEqual([
      `director: ${OTHER} is director of ${VIP}, with priority 200`,
      `backup: this node gives way to ${OTHER}, which has priority 200`,
    ])
  })

  test('why a node leads no more: it was ordered to hand over', () => {
    const bench = new Bench(v2).promoted().feed({ type: 'stepDown' }).hear({ priority: 50 }, 100)
    expect(told(bench)).toContain(`backup: this node has handed ${VIP} over to ${OTHER}`)
  })

  test('why a node leads no more: its lease', () => {
    const bench = new Bench(v2).promoted()
    expect(told(bench.feed({ type: 'timerExpired', timer: 'advert' }, bench.nowMs + 60_000))).toEqual([
      `backup: this node has given ${VIP} up: its adverts did not leave in time`,
    ])
  })

  test('a fault and its end', () => {
    const bench = new Bench(v2).started()
    expect(told(bench.feed(failed))).toEqual([`fault: this node takes no part in the election of ${VIP}: eth0 is down`])
    expect(told(bench.feed({ ...failed, state: 'ok', reason: null }))).toEqual([
      `backup: this node takes part in the election of ${VIP} again`,
    ])
  })
})
