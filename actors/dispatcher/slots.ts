import { NOBODY, SLOT_COUNT } from '../../runtime/table/layout.ts'

/** Owners: for each of the 4096 slots a node's index in the table, or NOBODY. */
export type Slots = Uint8Array

export const nobodysSlots = (): Slots => new Uint8Array(SLOT_COUNT).fill(NOBODY)

/** Slots per node's index. */
export function countSlots(slots: Slots, nodes: number): number[] {
  const counts = new Array<number>(nodes).fill(0)
  for (const owner of slots) if (owner < nodes) counts[owner]!++
  return counts
}

/** How many slots differ. */
export const movedSlots = (before: Slots, after: Slots): number =>
  after.reduce((moved, owner, slot) => moved + (owner === before[slot] ? 0 : 1), 0)

/**
 * Shares the slots out by weight, moving as few as can be: only those of nodes without weight, of nobody, and what a
 * node has beyond its quota. Every node's count is within 1 of its exact share. `weights[i]` is that of index i; where none
 * has any, all slots are nobody's. The same input gives the same slots on every node.
 */
export function shareSlots(slots: Slots, weights: readonly number[]): Slots {
  const counts = countSlots(slots, weights.length)
  const quotas = quotasOf(weights, counts)
  if (quotas === undefined) return nobodysSlots()
  const shared = Uint8Array.from(slots)
  const free: number[] = []
  for (const [slot, owner] of shared.entries()) {
    const count = counts[owner]
    if (count !== undefined && count <= quotas[owner]!) continue
    if (count !== undefined) counts[owner] = count - 1
    free.push(slot)
  }
  const takers = quotas.flatMap((quota, index) => new Array<number>(quota - counts[index]!).fill(index))
  for (const [at, slot] of free.entries()) shared[slot] = takers[at]!
  return shared
}

/**
 * How many slots each index should own: its exact share rounded down, and one more for some, as the largest remainder
 * method has it, except that whoever has that one already keeps it. Undefined where no index has weight.
 */
function quotasOf(weights: readonly number[], counts: readonly number[]): number[] | undefined {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total <= 0) return undefined
  const shares = weights.map((weight) => (SLOT_COUNT * weight) / total)
  const quotas = shares.map(Math.floor)
  const over = SLOT_COUNT - quotas.reduce((sum, quota) => sum + quota, 0)
  const claims = shares
    .map((share, index) => ({ index, remainder: share - quotas[index]!, has: counts[index]! > quotas[index]! }))
    .filter(({ remainder }) => remainder > 0)
    .sort((a, b) => Number(b.has) - Number(a.has) || b.remainder - a.remainder || a.index - b.index)
  for (const { index } of claims.slice(0, over)) quotas[index]!++
  return quotas
}
