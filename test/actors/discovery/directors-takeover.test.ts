import { describe, expect, it } from 'vitest'
import { isAssigning } from '../../../actors/dispatcher/state.ts'
import {
  A,
  B,
  C,
  D,
  directorsAt,
  E,
  expectAgreement,
  expectKept,
  expectRest,
  movedBetween,
  settledPair,
} from './agreement.ts'
import { FIRST, SECOND, SimulatedGroup } from './simulated-group.ts'

describe('when one of two directors dies', () => {
  it.each([
    ['that assigns', A, B],
    ['that follows', B, A],
  ])('%s, the other takes its virtual router: only the slots of the dead move', (_, dead, heir) => {
    for (const takeoverMs of [50, 400, 3600]) {
      const group = settledPair(A, B, C, D)
      const before = group.owners(A)
      group.kill(dead)
      group.run(takeoverMs)
      group.elect(heir, dead === A ? FIRST : SECOND)
      group.run(2000)
      for (const address of [heir, C, D]) expectKept(before, group.owners(address), [dead])
      expect(directorsAt(group, C)).toEqual([heir])
      expectAgreement(group)
      expectRest(group)
    }
  })

  it.each([
    ['that assigns', A, FIRST, [B, C]],
    ['that follows', B, SECOND, [A, C]],
  ] as const)('%s, and a third node takes over, there are two again', (_, dead, instance, directors) => {
    const group = settledPair(A, B, C, D)
    const before = group.owners(A)
    group.kill(dead)
    group.run(400)
    group.elect(C, instance)
    group.run(3000)
    for (const address of [...directors, D]) expectKept(before, group.owners(address), [dead])
    expect(directorsAt(group, D)).toEqual(directors)
    expectAgreement(group)
    expectRest(group)
  })

  it('and nobody takes over, since VRRP still hears it, the other assigns once its beacons are missed', () => {
    const group = settledPair(A, B, C, D)
    const before = group.owners(A)
    group.isLost = (frame) => frame.source === A
    group.kill(C)
    group.run(9000)
    for (const address of [B, D]) expectKept(before, group.owners(address), [A, C])
    expectAgreement(group, B, D)
  })

  it('and both do, the next two keep what lives', () => {
    const group = settledPair(A, B, C, D, E)
    const before = group.owners(A)
    group.kill(A)
    group.kill(B)
    group.run(3600)
    group.elect(D, FIRST)
    group.elect(C, SECOND)
    group.run(3000)
    for (const address of [C, D, E]) expectKept(before, group.owners(address), [A, B])
    expect(directorsAt(group, E)).toEqual([C, D])
    expectAgreement(group)
    expectRest(group)
  })

  it('and both do, one node takes both', () => {
    const group = settledPair(A, B, C, D)
    const before = group.owners(A)
    group.kill(A)
    group.kill(B)
    group.run(400)
    for (const instance of [SECOND, FIRST]) group.elect(D, instance)
    group.run(2000)
    expectKept(before, group.owners(D), [A, B])
    expectAgreement(group)
    expectRest(group)
  })
})

/** A history that nobody would repeat by chance who dealt all slots anew. */
function shuffle(group: SimulatedGroup): void {
  for (const state of ['failure', 'ok'] as const) {
    group.tell(C, { type: 'monitor', state, failedPorts: state === 'ok' ? [] : [3128] })
    group.run(2000)
  }
}

/** For a while, nobody owns a slot who did not own it before, but for A, which gets no more than its share. */
function expectOnlyShareOfA(group: SimulatedGroup, before: readonly (string | null)[]): void {
  for (let ms = 0; ms < 8000; ms += 100) {
    group.run(100)
    for (const address of [B, C, D]) {
      expect(group.owners(address).every((owner, slot) => owner === before[slot] || owner === A)).toBe(true)
      expect(group.shares(address)[A] ?? 0).toBeLessThanOrEqual(1024)
    }
  }
  expect(group.shares(A)).toEqual({ [A]: 1024, [B]: 1024, [C]: 1024, [D]: 1024 })
  expectAgreement(group)
  expectRest(group)
}

describe('a director that returns', () => {
  /** A has died, B leads all, and A has just started again, that long after a hello of B. */
  function returned(afterMs = 0): SimulatedGroup {
    const group = settledPair(A, B, C, D)
    group.kill(A)
    group.run(3600)
    group.elect(B, FIRST)
    group.run(4000 + afterMs)
    shuffle(group)
    group.restart(A)
    return group
  }

  it('gets its share back, and then its virtual router, without a further slot that moves', () => {
    const group = returned()
    for (const instance of [FIRST, SECOND]) group.assume(A, B, instance)
    group.run(4000)
    expect(group.shares(B)[A]).toBe(1024)
    const before = group.owners(B)
    group.elect(A, FIRST)
    for (let ms = 0; ms < 10_000; ms += 100) {
      for (const address of [A, B, C, D]) expect(movedBetween(before, group.owners(address))).toBe(0)
      group.run(100)
    }
    expect(directorsAt(group, C)).toEqual([A, B])
  })

  it('and is director before it has heard of the other takes over its assignment, and deals nobody anew', () => {
    for (let afterMs = 0; afterMs < 1000; afterMs += 125) {
      const group = returned(afterMs)
      const before = group.owners(B)
      group.elect(A, FIRST)
      expectOnlyShareOfA(group, before)
      expect(isAssigning(group.node(A).dispatcher)).toBe(true)
    }
  })

  it('does so too when it misses two hellos of the other', () => {
    const group = returned()
    const [before, fromMs] = [group.owners(B), group.nowMs]
    group.isLost = (frame, to) => frame.source === B && to === A && frame.atMs < fromMs + 2200
    group.elect(A, FIRST)
    expectOnlyShareOfA(group, before)
  })

  it('after it was cut off and took everything upon itself does so too', () => {
    for (let afterMs = 0; afterMs < 1000; afterMs += 125) {
      const group = settledPair(A, B, C, D)
      group.isLost = (frame, to) => (frame.source === A) !== (to === A)
      group.run(3600 + afterMs)
      for (const address of [B, C, D]) group.assume(address, B, FIRST)
      group.assume(A, A, SECOND)
      group.run(4000)
      shuffle(group)
      expect(group.shares(A)).toEqual({ [A]: 4096 })
      const before = group.owners(B)
      group.isLost = () => false
      for (const address of [A, B, C, D]) {
        group.assume(address, A, FIRST)
        group.assume(address, B, SECOND)
      }
      expectOnlyShareOfA(group, before)
    }
  })
})

describe('a master of IPv6, whose address is link-local', () => {
  function ofIpv6(): SimulatedGroup {
    const group = new SimulatedGroup()
    group.masterAddressOf = (director) => `fe80::${director.split('.')[3]}`
    const instances = [
      { name: FIRST, family: 'ipv6', virtualRouterId: 51 },
      { name: SECOND, family: 'ipv6', virtualRouterId: 52 },
    ] as const
    for (const address of [A, B, C, D]) group.add(address, { instances })
    return group
  }

  it('is known by its hello alone, which it says at once when it takes over', () => {
    const group = ofIpv6()
    group.elect(B, FIRST)
    group.elect(A, SECOND)
    group.run(6500)
    for (const address of [A, B, C, D]) expect(directorsAt(group, address)).toEqual([A, B])
    const before = group.owners(A)
    group.kill(A)
    group.run(400)
    group.elect(C, SECOND)
    group.run(10)
    for (const address of [B, C, D]) expect(directorsAt(group, address)).toEqual([B, C])
    group.run(3500)
    for (const address of [B, C, D]) expectKept(before, group.owners(address), [A])
    expectRest(group)
    group.kill(C)
    group.run(400)
    group.elect(B, SECOND)
    group.run(10)
    expect(directorsAt(group, D)).toEqual([B])
  })
})
