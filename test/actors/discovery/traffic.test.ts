import { describe, expect, it } from 'vitest'
import { A, B, C, settledPair } from './agreement.ts'
import { type SimulatedGroup, settledGroup } from './simulated-group.ts'

/** As a node's dispatcher or fast path counts: so many connections of each node. */
const counts = (group: SimulatedGroup, at: string, connections: Readonly<Record<string, number>>) =>
  group.tell(at, {
    type: 'traffic',
    counted: Object.entries(connections).map(([address, number]) => ({
      address,
      connections: number,
      failed: 1,
      bytesIn: 10 * number,
      bytesOut: 100 * number,
    })),
  })

/** Connections of each node, as one shows them. */
const shown = (group: SimulatedGroup, at: string) =>
  Object.fromEntries(group.describe(at).members.map(({ address, traffic }) => [address, traffic?.connections ?? null]))

describe('in kernel mode', () => {
  const group = () => settledGroup([A, B, C], { tellsFastPath: true })

  it('every node counts its own, and all know it', () => {
    const kernel = group()
    expect(shown(kernel, A)).toEqual({ [A]: null, [B]: null, [C]: null })
    counts(kernel, A, { [A]: 5 })
    counts(kernel, C, { [C]: 7 })
    kernel.run(2500)
    for (const at of [A, B, C]) expect(shown(kernel, at)).toEqual({ [A]: 5, [B]: null, [C]: 7 })
    expect(kernel.describe(B).members[2]?.traffic).toEqual({ connections: 7, failed: 1, bytesIn: 70, bytesOut: 700 })
  })

  it('a dead one keeps what it has said, also for the next director', () => {
    const kernel = group()
    counts(kernel, C, { [C]: 7 })
    kernel.run(2500)
    kernel.kill(C)
    kernel.run(62_000)
    kernel.kill(A)
    kernel.run(3600)
    kernel.elect(B)
    kernel.run(3000)
    expect(shown(kernel, B)).toMatchObject({ [C]: 7 })
  })
})

describe('in workers mode', () => {
  it('the director counts for all, and all know it', () => {
    const group = settledGroup([A, B, C])
    counts(group, A, { [A]: 5, [B]: 6, [C]: 7 })
    group.run(2500)
    for (const at of [A, B, C]) expect(shown(group, at)).toEqual({ [A]: 5, [B]: 6, [C]: 7 })
  })

  it('the next director goes on where the one before it was, whatever it has handed on earlier', () => {
    const group = settledGroup([A, B, C])
    counts(group, A, { [A]: 5, [B]: 6, [C]: 7 })
    counts(group, B, { [A]: 1, [C]: 1 })
    group.run(2500)
    group.kill(A)
    group.run(3600)
    group.elect(B)
    group.run(2500)
    for (const at of [B, C]) expect(shown(group, at)).toEqual({ [A]: 5, [B]: 6, [C]: 7 })
    counts(group, B, { [A]: 1, [B]: 10, [C]: 21 })
    group.run(2500)
    for (const at of [B, C]) expect(shown(group, at)).toEqual({ [A]: 5, [B]: 16, [C]: 27 })
  })

  it('also over a hand-over and back, to a director that goes on with its own counters', () => {
    const group = settledGroup([A, B])
    counts(group, A, { [A]: 5, [B]: 6 })
    group.run(2500)
    group.elect(B)
    counts(group, B, { [A]: 2, [B]: 2 })
    group.run(2500)
    for (const at of [A, B]) expect(shown(group, at)).toEqual({ [A]: 7, [B]: 8 })
    group.elect(A)
    group.run(2500)
    for (const at of [A, B]) expect(shown(group, at)).toEqual({ [A]: 7, [B]: 8 })
    counts(group, A, { [A]: 6, [B]: 6 })
    group.run(2500)
    for (const at of [A, B]) expect(shown(group, at)).toEqual({ [A]: 8, [B]: 8 })
  })

  it('and a third node shows no less in between, though it has heard of an earlier time of that director', () => {
    const group = settledGroup([A, B, C])
    counts(group, A, { [C]: 5 })
    group.run(2500)
    group.elect(B)
    counts(group, B, { [C]: 2 })
    group.run(2500)
    group.elect(A)
    counts(group, A, { [C]: 1000 })
    group.run(2500)
    expect(shown(group, C)).toMatchObject({ [C]: 1002 })
    // The advert of the one that takes over comes to this node's elector before its hello comes to discovery.
    group.assume(C, B)
    expect(shown(group, C)).toMatchObject({ [C]: 1002 })
    group.elect(B)
    for (let ms = 0; ms < 2500; ms += 50) {
      group.run(50)
      expect(shown(group, C)[C]).toBe(1002)
    }
  })

  it('and from a director that stops in order', () => {
    const group = settledGroup([A, B])
    counts(group, A, { [A]: 5, [B]: 6 })
    group.run(2500)
    group.resign(A)
    group.tell(A, { type: 'stop' })
    group.kill(A)
    group.run(100)
    group.elect(B)
    group.run(2500)
    expect(shown(group, B)).toEqual({ [A]: 5, [B]: 6 })
  })

  it('of two directors each counts a part; who takes over from the other takes over its part', () => {
    const group = settledPair(A, B, C)
    counts(group, A, { [A]: 5, [C]: 7 })
    counts(group, B, { [A]: 10, [B]: 10 })
    group.run(2500)
    for (const at of [A, B, C]) expect(shown(group, at)).toEqual({ [A]: 15, [B]: 10, [C]: 7 })
    group.kill(A)
    group.run(3600)
    group.elect(B)
    group.run(2500)
    for (const at of [B, C]) expect(shown(group, at)).toEqual({ [A]: 15, [B]: 10, [C]: 7 })
  })
})
