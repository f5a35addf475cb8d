import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Health, Member } from '../../../actors/discovery/messages.ts'
import { FULL_WEIGHT, nextWeights, usableMembers } from '../../../actors/dispatcher/policy.ts'

const member = (address: string, changes: Partial<Member> = {}): Member => ({
  address,
  name: address,
  mac: '02:00:00:00:00:01',
  self: false,
  director: false,
  health: 'ok',
  lastSeenMs: 0,
  cpu: 0.1,
  memory: 0.1,
  pressure: null,
  activeConnections: 100,
  capacity: 100,
  agent: null,
  failedPorts: [],
  forwarding: 'workers',
  ...changes,
})

/** The weights after that many adjustments under a load that stays as it is. */
function adjusted(members: readonly Member[], times: number, from: ReadonlyMap<string, number>) {
  let weights = from
  for (let time = 0; time < times; time++) weights = nextWeights(weights, members, true)
  return weights
}

const full = (...addresses: string[]) => new Map(addresses.map((address) => [address, FULL_WEIGHT]))
const anyMembers = fc
  .array(
    fc.record({
      cpu: fc.double({ min: 0, max: 1, noNaN: true }),
      activeConnections: fc.integer({ min: 0, max: 100_000 }),
      health: fc.constantFrom<Health>('ok', 'failure', 'stale', 'draining'),
    }),
    { minLength: 1, maxLength: 64 },
  )
  .map((loads) => loads.map((load, at) => member(`10.0.0.${at}`, load)))

describe('weights', () => {
  it('are full for nodes that nothing holds back', () => {
    const members = [member('a'), member('b', { cpu: 0.7, activeConnections: 140 })]
    expect(nextWeights(new Map(), members, false)).toEqual(full('a', 'b'))
  })

  it('are none for nodes that have failed, are stale or draining', () => {
    const members = [
      member('a'),
      member('b', { health: 'failure' }),
      member('c', { health: 'stale' }),
      member('d', { health: 'draining' }),
    ]
    expect([...nextWeights(full('a', 'b', 'c', 'd'), members, false).keys()]).toEqual(['a'])
  })

  it('go to draining nodes when no other works, never to failed or stale ones', () => {
    const members = [
      member('a', { health: 'failure' }),
      member('b', { health: 'draining' }),
      member('c', { health: 'stale' }),
    ]
    expect(usableMembers(members).map(({ address }) => address)).toEqual(['b'])
    expect(usableMembers([members[0]!, members[2]!])).toEqual([])
  })

  it('fall for a node whose CPU is busy, the more the busier it is', () => {
    const weightAt = (cpu: number) => adjusted([member('a'), member('b', { cpu })], 10, full('a', 'b')).get('b')
    expect([0.7, 0.8, 0.9, 1].map(weightAt)).toEqual([256, 224, 160, 96])
  })

  it('fall for a node that has far more connections than the others', () => {
    const weightAt = (activeConnections: number) =>
      adjusted([member('a'), member('b', { activeConnections }), member('c')], 10, full('a', 'b', 'c')).get('b')
    expect(weightAt(150)).toBe(256)
    expect(weightAt(1000)!).toBeLessThan(200)
    expect(weightAt(100_000)!).toBeGreaterThanOrEqual(128)
  })

  it('take no notice of connections while there are few', () => {
    const members = [member('a', { activeConnections: 0 }), member('b', { activeConnections: 40 })]
    expect(adjusted(members, 10, full('a', 'b'))).toEqual(full('a', 'b'))
  })

  it('move by one step at a time, and only where they are adjusted', () => {
    const members = [member('a'), member('b', { cpu: 1 })]
    expect(nextWeights(full('a', 'b'), members, true).get('b')).toBe(224)
    expect(nextWeights(full('a', 'b'), members, false).get('b')).toBe(256)
  })

  it('stay where they are while a load wavers by less than a step and a half', () => {
    let weights = adjusted([member('a'), member('b', { cpu: 0.85 })], 10, full('a', 'b'))
    const settledAt = weights.get('b')
    for (const cpu of [0.84, 0.87, 0.85, 0.86, 0.84]) {
      weights = nextWeights(weights, [member('a'), member('b', { cpu })], true)
      expect(weights.get('b')).toBe(settledAt)
    }
  })

  it('rise again when the load is gone', () => {
    const low = adjusted([member('a'), member('b', { cpu: 1 })], 10, full('a', 'b'))
    expect(adjusted([member('a'), member('b')], 10, low).get('b')).toBe(FULL_WEIGHT)
  })

  it('settle within 8 adjustments under any load that stays, within 32..256', () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        const start = new Map(usableMembers(members).map(({ address }) => [address, FULL_WEIGHT]))
        const settled = adjusted(members, 8, start)
        expect(nextWeights(settled, members, true)).toEqual(settled)
        expect([...settled.values()].every((weight) => weight >= 32 && weight <= 256 && weight % 32 === 0)).toBe(true)
        expect([...settled.keys()]).toEqual(usableMembers(members).map(({ address }) => address))
      }),
    )
  })
})
