import { describe, expect, it } from 'vitest'
import { type SimulatedGroup, settledGroup } from './simulated-group.ts'

const [A, B, C] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const
const DAY_MS = 86_400_000

const shown = (group: SimulatedGroup, at: string, address: string) =>
  group.describe(at).members.find((member) => member.address === address)

/** Since when a node is missing there, in ms; throws where it is not. */
const missingSince = (group: SimulatedGroup, at: string, address: string) => {
  const since = shown(group, at, address)?.missingSince
  if (typeof since !== 'string') throw new Error(`${address} is not missing at ${at}`)
  return Date.parse(since)
}

/** The director has died, and that node is the next one. */
function succeed(group: SimulatedGroup, dead: string, next: string): void {
  group.kill(dead)
  group.run(3600)
  group.elect(next)
}

describe('every node knows all others', () => {
  it('itself, the director by its beacons, and the rest by the word of the director, with how old that is', () => {
    const group = settledGroup([A, B, C])
    const sources = (at: string) => group.describe(at).members.map(({ address, source }) => [address, source])
    expect(sources(B)).toEqual([
      [A, 'beacon'],
      [B, 'self'],
      [C, 'director'],
    ])
    expect(sources(A).map(([, source]) => source)).toEqual(['self', 'beacon', 'beacon'])
    expect(shown(group, B, C)?.lastSeenMs).toBeGreaterThanOrEqual(shown(group, A, C)!.lastSeenMs)
    expect(shown(group, B, C)?.lastSeenMs).toBeLessThan(2500)
    expect(shown(group, B, B)?.lastSeenMs).toBe(0)
  })

  it('with the figures of now', () => {
    const group = settledGroup([A, B, C])
    group.tell(C, {
      type: 'load',
      load: { cpu: 0.5, memory: 0.25, pressure: null, activeConnections: 17 },
      countedAtMs: group.nowMs,
    })
    group.run(2500)
    for (const at of [A, B]) expect(shown(group, at, C)).toMatchObject({ cpu: 0.5, activeConnections: 17 })
  })

  it('also those that fail, are missing or have left', () => {
    const group = settledGroup([A, B, C])
    group.kill(C)
    group.run(6000)
    expect(shown(group, B, C)).toMatchObject({ health: 'stale', source: 'director' })
    group.run(62_000)
    expect(missingSince(group, B, C)).toBe(missingSince(group, A, C))
  })

  it('a scanning node that starts again does at once', () => {
    const group = settledGroup([A, B, C])
    group.kill(C)
    group.run(62_000)
    group.kill(B)
    group.run(10_000)
    group.restart(B)
    group.elect(A)
    group.run(3000)
    expect(shown(group, B, A)).toMatchObject({ health: 'ok' })
    expect(Math.abs(missingSince(group, B, C) - missingSince(group, A, C))).toBeLessThanOrEqual(1000)
  })
})

describe('over a change of director', () => {
  it.each([1500, 10_000, 70_000])('a node that was missing for %i ms is so since then', (forMs) => {
    const group = settledGroup([A, B, C])
    const diedAtMs = group.nowMs
    group.kill(C)
    group.run(forMs)
    succeed(group, A, B)
    for (const runMs of [5000, 70_000]) {
      group.run(runMs)
      expect(Math.abs(missingSince(group, B, C) - diedAtMs)).toBeLessThan(2000)
    }
  })

  it('and one that was missing, and has come back when nobody led, is back', () => {
    const group = settledGroup([A, B, C])
    group.kill(C)
    group.run(62_000)
    group.kill(A)
    group.run(1000)
    group.restart(C)
    group.run(2600)
    group.elect(B)
    group.run(4000)
    expect(shown(group, B, C)).toMatchObject({ health: 'ok', missingSince: null })
  })

  it('who was forgotten stays so: also where one that was cut off comes back, and a director that has just started', () => {
    const group = settledGroup([A, B, C, '10.10.74.88'])
    group.kill(C)
    group.run(70_000)
    const late = '10.10.74.88'
    group.isLost = ({ source }, to) => to === late || source === late
    group.tell(A, { type: 'forgetOrder', address: C })
    group.run(15_000)
    succeed(group, A, B)
    group.restart(A)
    group.assume(A, B)
    group.run(5000)
    group.isLost = () => false
    group.elect(A)
    group.run(15_000)
    for (const at of [A, B, late]) expect(shown(group, at, C)).toBeUndefined()
  })

  it('who has left in order has, for a day, and nobody is warned; then it is shown no more', () => {
    const group = settledGroup([A, B, C])
    group.resign(C)
    group.tell(C, { type: 'stop' })
    group.kill(C)
    group.run(62_000)
    for (const at of [A, B]) expect(shown(group, at, C)).toMatchObject({ left: true, missingSince: null })
    succeed(group, A, B)
    group.run(10_000)
    expect(shown(group, B, C)).toMatchObject({ left: true, missingSince: null })
    // A day, by a clock that jumps: as a machine that slept.
    group.nowMs += DAY_MS
    group.run(3000)
    expect(shown(group, B, C)).toBeUndefined()
    expect(group.describe(B).warnings.filter(({ about }) => about === C)).toEqual([])
  })
})
