import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Health, Member } from '../../../actors/discovery/messages.ts'
import { adoptBalance, type Balance, nextBalance, sharesOf, usableMembers } from '../../../actors/dispatcher/policy.ts'
import { memberOf } from './members.ts'

const member = (address: string, changes: Partial<Member> = {}) =>
  memberOf(address, { cpu: 0.1, activeConnections: 10_000, ...changes })

/** The policy, told once a second. */
class Told {
  nowMs = 0
  balance: Balance
  readonly slowStartMs: number

  constructor(slowStartMs = 0, adopted: ReadonlyMap<string, number> = new Map()) {
    this.slowStartMs = slowStartMs
    this.balance = adoptBalance(adopted, 0)
  }

  tell(members: readonly Member[], seconds = 1): this {
    for (let second = 0; second < seconds; second++) {
      this.balance = nextBalance(this.balance, members, { slowStartMs: this.slowStartMs }, this.nowMs)
      this.nowMs += 1000
    }
    return this
  }

  /** Of all, 0..1. */
  parts(): Readonly<Record<string, number>> {
    const shares = [...sharesOf(this.balance)]
    const total = shares.reduce((sum, [, share]) => sum + share, 0)
    return Object.fromEntries(shares.map(([address, share]) => [address, share / total]))
  }

  weights(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.balance.nodes].map(([address, { weight }]) => [address, weight]))
  }
}

const anyMembers = fc
  .array(
    fc.record({
      cpu: fc.double({ min: 0, max: 1, noNaN: true }),
      pressure: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      activeConnections: fc.integer({ min: 0, max: 100_000 }),
      capacity: fc.integer({ min: 1, max: 1000 }),
      agent: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      health: fc.constantFrom<Health>('ok', 'failure', 'stale', 'draining'),
    }),
    { minLength: 1, maxLength: 64 },
  )
  .map((loads) => loads.map((load, at) => member(`10.0.0.${at}`, load)))

describe('a share', () => {
  it('is in proportion to the capacity', () => {
    const told = new Told().tell([member('a', { capacity: 200, activeConnections: 20_000 }), member('b'), member('c')])
    expect(told.parts()).toEqual({ a: 0.5, b: 0.25, c: 0.25 })
  })

  it('is multiplied by what the node’s agent says, at once, but for small changes', () => {
    const told = new Told().tell([member('a'), member('b')])
    const says = (agent: number | null) => told.tell([member('a'), member('b', { agent })]).parts().b
    expect(says(0.5)).toBeCloseTo(1 / 3)
    expect(says(0.52)).toBeCloseTo(1 / 3)
    expect(says(0.25)).toBeCloseTo(0.2)
    expect(says(0)).toBe(0)
    expect(says(null)).toBe(0.5)
  })

  it('is nobody’s who has failed, is stale or draining', () => {
    const members = [
      member('a'),
      member('b', { health: 'failure' }),
      member('c', { health: 'stale' }),
      member('d', { health: 'draining' }),
    ]
    expect(new Told().tell(members).parts()).toEqual({ a: 1 })
  })

  it('goes to draining nodes when no other works, never to failed or stale ones', () => {
    const members = [
      member('a', { health: 'failure' }),
      member('b', { health: 'draining' }),
      member('c', { health: 'stale' }),
    ]
    expect(usableMembers(members).map(({ address }) => address)).toEqual(['b'])
    expect(usableMembers([members[0]!, members[2]!])).toEqual([])
  })

  it('is above 0 for somebody as long as any member is usable, whatever they report', () => {
    fc.assert(
      fc.property(fc.array(anyMembers, { minLength: 1, maxLength: 10 }), fc.nat(60_000), (reports, slowStartMs) => {
        const told = new Told(slowStartMs)
        for (const members of reports) {
          const total = [...sharesOf(told.tell(members, 6).balance).values()].reduce((sum, share) => sum + share, 0)
          expect(total > 0).toBe(usableMembers(members).length > 0)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('an overloaded node', () => {
  const [calm, hot] = [member('a'), member('b', { cpu: 0.95 })]

  it('gets nothing after three seconds, and its share back when it has recovered and has room for all', () => {
    const told = new Told().tell([calm, member('b')], 4)
    expect(told.tell([calm, hot], 3).parts().b).toBeGreaterThan(0.49)
    expect(told.tell([calm, hot]).parts()).toEqual({ a: 1, b: 0 })
    expect(told.tell([calm, member('b')], 120).parts()).toEqual({ a: 0.5, b: 0.5 })
  })

  it('comes back with less of its weight, and keeps that until it is clearly less busy than the others', () => {
    const others = member('a', { cpu: 0.45 })
    const told = new Told().tell([others, hot], 5)
    const recovered = [others, member('b', { cpu: 0.34 })]
    expect(told.tell(recovered, 20).weights()).toEqual({ a: 256, b: 104 })
    expect(told.tell(recovered, 1800).weights().b).toBe(104)
    expect(told.tell([others, member('b', { cpu: 0.33 })], 3).weights().b).toBe(256)
  })

  it('keeps what it came back with where all of its clients would be too much, however busy the others are', () => {
    const told = new Told().tell([member('a', { cpu: 0.45 }), hot], 5)
    expect(told.tell([member('a', { cpu: 0.8 }), member('b', { cpu: 0.4 })], 1800).weights().b).toBe(104)
  })

  it('gets 40 % only of its new clients, not nothing, where the others have room for some', () => {
    const told = new Told().tell([member('a', { cpu: 0.55 }), hot], 5)
    expect(told.parts().b).toBeCloseTo(104 / 360)
    expect(told.tell([member('a', { cpu: 0.55 }), hot], 60).parts().b).toBeCloseTo(104 / 360)
  })

  it('gets nothing as soon as the others have room for all', () => {
    const told = new Told().tell([member('a', { cpu: 0.55 }), hot], 60)
    expect(told.tell([calm, hot]).parts()).toEqual({ a: 1, b: 0 })
  })

  it('that is overloaded again and again keeps a sixteenth', () => {
    const told = new Told().tell([calm, hot], 5)
    for (let time = 0; time < 5; time++) told.tell([calm, member('b', { cpu: 0.5 })], 400).tell([calm, hot], 5)
    expect(told.tell([calm, member('b', { cpu: 0.5 })], 400).weights().b).toBe(16)
  })

  it('keeps its share where the others have no room: moving its clients there would only overload those', () => {
    const told = new Told().tell([member('a', { cpu: 0.61 }), hot], 300)
    expect(told.parts()).toEqual({ a: 0.5, b: 0.5 })
  })

  it('is none where all nodes get hot and calm again within three seconds of each other, as on one machine', () => {
    const told = new Told().tell([calm, member('b')], 4)
    const parts = Array.from({ length: 200 }, (_, second) => {
      const at = (lag: number, address: string) => member(address, { cpu: (second - lag) % 20 < 10 ? 0.95 : 0.3 })
      return told.tell([at(0, 'a'), at(2, 'b')]).parts().b!
    })
    expect(Math.min(...parts)).toBeGreaterThan(0.3)
  })

  it('is not refused its clients where all are overloaded: they share by capacity and weight', () => {
    const told = new Told().tell([member('a', { cpu: 0.95, capacity: 300, activeConnections: 30_000 }), hot])
    expect(told.parts()).toEqual({ a: 0.75, b: 0.25 })
  })
})

describe('a node that joins', () => {
  it('a group that is just starting has its full share', () => {
    expect(
      new Told(30_000)
        .tell([member('a')], 10)
        .tell([member('a'), member('b')])
        .parts(),
    ).toEqual({ a: 0.5, b: 0.5 })
  })

  it('a running group comes to it within the slow start: half of it at once, three quarters after a sixth', () => {
    const both = [member('a'), member('b')]
    const told = new Told(30_000).tell([member('a')], 60).tell(both)
    expect(told.parts().b).toBeCloseTo(0.51 / 1.51, 2)
    expect(told.tell(both, 6).parts().b).toBeCloseTo(0.76 / 1.76, 2)
    expect(told.tell(both, 14).parts().b).toBeLessThan(0.49)
    expect(told.tell(both, 15).parts().b).toBe(0.5)
  })

  it.each([1, 3, 5, 8, 20])(
    'a group of three, which lost two in a row: %i s apart they leave nobody all of it',
    (apart) => {
      const [a, b, c] = [member('a'), member('b'), member('c')]
      const told = new Told(30_000).tell([a], 60).tell([a, b], apart)
      for (let second = 0; second < 40; second++) {
        const parts = Object.values(told.tell([a, b, c]).parts())
        expect(Math.max(...parts)).toBeLessThan(0.5)
        // Both have come to their knee by then.
        if (second > 6) expect(Math.min(...parts)).toBeGreaterThan(0.25)
        if (second > 6) expect(Math.max(...parts)).toBeLessThan(0.42)
      }
    },
  )

  it('has it at once without slow start', () => {
    expect(
      new Told(0)
        .tell([member('a')], 60)
        .tell([member('a'), member('b')])
        .parts(),
    ).toEqual({ a: 0.5, b: 0.5 })
  })
})

describe('a weight', () => {
  it('is no matter of loads below an overload, nor of connections: following them moves more clients than it helps', () => {
    const members = [member('a'), member('b', { cpu: 0.89, activeConnections: 10_000_000 }), member('c')]
    expect(new Told().tell(members, 900).weights()).toEqual({ a: 256, b: 256, c: 256 })
  })

  it('is full again as soon as there is room, also while nodes come and go', () => {
    const told = new Told()
      .tell([member('a'), member('b', { cpu: 0.95 })], 5)
      .tell([member('a'), member('b', { cpu: 0.5 })], 30)
    expect(told.weights().b).toBe(104)
    const coming = [member('a'), member('b'), member('c')]
    for (let second = 0; second < 3; second++) told.tell(second % 2 === 0 ? coming : coming.slice(0, 2))
    expect(told.weights().b).toBe(256)
  })

  it('settles under any load that stays', () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        const told = new Told().tell(members, 900)
        const settled = told.weights()
        expect(told.tell(members, 60).weights()).toEqual(settled)
        expect(Object.values(settled).every((weight) => weight >= 16 && weight <= 256 && weight % 4 === 0)).toBe(true)
      }),
      { numRuns: 25 },
    )
  })
})

describe('a new director', () => {
  it('goes on with the shares that the slots tell', () => {
    const slots = new Map([
      ['a', 2341],
      ['b', 1170],
      ['c', 585],
    ])
    const members = [member('a', { capacity: 200 }), member('b'), member('c')]
    const { a, b, c } = new Told(30_000, slots).tell(members).parts()
    expect([a! * 4096, b! * 4096, c! * 4096].map(Math.round)).toEqual([2341, 1170, 585])
  })

  it('hears of the owners one after the other, and goes on with what each had', () => {
    const slots = new Map([
      ['a', 2731],
      ['b', 1365],
    ])
    const told = new Told(30_000, slots).tell([member('a')], 2).tell([member('a'), member('b')])
    expect(told.weights()).toEqual({ a: 256, b: 128 })
  })

  it('starts nobody slowly who owns slots, and everybody else', () => {
    const told = new Told(30_000, new Map([['a', 4096]])).tell([member('a'), member('b')])
    expect(told.parts().b).toBeCloseTo(0.51 / 1.51, 2)
  })

  it('goes on with a slow start where its slots tell it, and takes no weight for one', () => {
    const both = [member('a'), member('b')]
    const former = new Told(30_000).tell([member('a')], 60)
    for (let second = 0; second < 31; second++) {
      former.tell(both)
      const slots = Math.round(former.parts().b! * 4096)
      const next = new Told(30_000, new Map(Object.entries({ a: 4096 - slots, b: slots }))).tell(both)
      expect(next.parts().b).toBeCloseTo(former.parts().b!, 3)
      expect(next.weights().b).toBe(256)
      // It comes to its share in the time that was left.
      const leftS = 30 - second
      expect(next.tell(both, leftS + 6).parts().b).toBe(0.5)
    }
  })
})
