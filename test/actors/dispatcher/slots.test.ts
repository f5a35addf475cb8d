import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  countSlots,
  keyOfAddress,
  movedSlots,
  nobodysSlots,
  type Slots,
  shareSlots,
} from '../../../actors/dispatcher/slots.ts'
import { NOBODY, SLOT_COUNT } from '../../../runtime/table/layout.ts'

const weight = fc.constantFrom(0, 32, 64, 96, 128, 160, 192, 224, 256)
const someWeights = fc
  .array(weight, { minLength: 1, maxLength: 64 })
  .filter((weights) => weights.some((each) => each > 0))
/** Nodes by the order of their indices. */
const keysOf = (nodes: number) => Array.from({ length: nodes }, (_, index) => keyOfAddress(`10.10.74.${index + 1}`))
const share = (slots: Slots, weights: readonly number[]) => shareSlots(slots, weights, keysOf(weights.length))

/** Slots as they might be after any history: owners that are there, that are not, and nobody. */
const anySlots = fc.tuple(fc.integer({ min: 1, max: 64 }), fc.infiniteStream(fc.nat())).map(([owners, stream]) => {
  const slots = nobodysSlots()
  for (const slot of slots.keys()) slots[slot] = (stream.next().value as number) % owners
  return slots
})
const spread = fc
  .integer({ min: 1, max: 64 })
  .map((owners) => Uint8Array.from({ length: SLOT_COUNT }, (_, at) => at % owners))
const history = fc.oneof(spread, fc.constant(nobodysSlots()))

const exactShares = (weights: readonly number[]) => {
  const total = weights.reduce((sum, each) => sum + each, 0)
  return weights.map((each) => (SLOT_COUNT * each) / total)
}

describe('sharing slots out', () => {
  it('gives every slot to a node with weight, as long as there is one', () => {
    fc.assert(
      fc.property(history, someWeights, (slots, weights) => {
        expect(share(slots, weights).every((owner) => (weights[owner] ?? 0) > 0)).toBe(true)
      }),
    )
  })

  it('gives every node its exact share to within one slot', () => {
    fc.assert(
      fc.property(history, someWeights, (slots, weights) => {
        const counts = countSlots(share(slots, weights), weights.length)
        const shares = exactShares(weights)
        expect(counts.every((count, index) => Math.abs(count - shares[index]!) < 1)).toBe(true)
      }),
    )
  })

  it('moves no more slots than it must: those that some node had too few of', () => {
    fc.assert(
      fc.property(history, someWeights, (slots, weights) => {
        const shared = share(slots, weights)
        const [before, after] = [countSlots(slots, weights.length), countSlots(shared, weights.length)]
        const needed = after.reduce((sum, count, index) => sum + Math.max(0, count - before[index]!), 0)
        expect(movedSlots(slots, shared)).toBe(needed)
      }),
    )
  })

  it('moves nothing when it is done twice', () => {
    fc.assert(
      fc.property(history, someWeights, (slots, weights) => {
        const shared = share(slots, weights)
        expect(movedSlots(shared, share(shared, weights))).toBe(0)
      }),
    )
  })

  it('holds all that for slots of any history', () => {
    fc.assert(
      fc.property(anySlots, someWeights, (slots, weights) => {
        const shared = share(slots, weights)
        const shares = exactShares(weights)
        const counts = countSlots(shared, weights.length)
        expect(counts.every((count, index) => Math.abs(count - shares[index]!) < 1)).toBe(true)
        expect(movedSlots(shared, share(shared, weights))).toBe(0)
      }),
      { numRuns: 20 },
    )
  })

  it('leaves the slots that it was given as they are', () => {
    const slots = nobodysSlots()
    share(slots, [256, 256])
    expect(slots.every((owner) => owner === NOBODY)).toBe(true)
  })

  it('moves only the slots of a node that fails, evenly to the others', () => {
    const slots = share(nobodysSlots(), [256, 256, 256, 256])
    const shared = share(slots, [256, 0, 256, 256])
    expect(shared.every((owner, slot) => owner === slots[slot] || slots[slot] === 1)).toBe(true)
    expect(countSlots(shared, 4).sort((a, b) => a - b)).toEqual([0, 1365, 1365, 1366])
  })

  it('gives a node that joins its share, and takes no more from the others', () => {
    const slots = share(nobodysSlots(), [256, 256])
    const shared = share(slots, [256, 256, 256])
    expect(shared.every((owner, slot) => owner === slots[slot] || owner === 2)).toBe(true)
    expect(movedSlots(slots, shared)).toBe(1365)
  })

  it('gives a node that returns most of the slots that it had, and the others theirs', () => {
    const before = share(nobodysSlots(), [256, 256, 256, 256])
    const without = share(before, [256, 0, 256, 256])
    const after = share(without, [256, 256, 256, 256])
    const back = before.filter((owner, slot) => owner === 1 && after[slot] === 1)
    expect(back.length / 1024).toBeGreaterThan(0.7)
    // What the others had got goes first: hardly a slot passes from one of them to another.
    expect(movedSlots(before, after)).toBeLessThan(0.6 * 1024)
  })

  it('gives a node the same slots whatever its index is', () => {
    const [a, b, c] = keysOf(3)
    const one = shareSlots(nobodysSlots(), [256, 256, 256], [a!, b!, c!])
    const other = shareSlots(nobodysSlots(), [256, 256, 256], [c!, b!, a!])
    expect(
      movedSlots(
        one.map((owner) => 2 - owner),
        other,
      ),
    ).toBeLessThan(5)
  })

  it.each([
    ['one node', [256], [4096]],
    ['64 nodes', new Array(64).fill(256), new Array(64).fill(64)],
    ['half the weight', [256, 128], [2731, 1365]],
  ])('gives the figures of the largest remainder method for %s', (_, weights, counts) => {
    expect(countSlots(share(nobodysSlots(), weights), weights.length)).toEqual(counts)
  })

  it('leaves all to nobody when no node has weight', () => {
    for (const weights of [[], [0], [0, 0, 0]]) {
      const shared = share(share(nobodysSlots(), [256]), weights)
      expect(shared.every((owner) => owner === NOBODY)).toBe(true)
    }
  })
})
