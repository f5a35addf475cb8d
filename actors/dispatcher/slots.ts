import { MAX_NODES, NOBODY, SLOT_COUNT } from '../../runtime/table/layout.ts'

/** Owners: for each of the 4096 slots a node's index in the table, or NOBODY. */
export type Slots = Uint8Array

/** Pairs of a slot and a node. */
const PAIRS = SLOT_COUNT * MAX_NODES

export const nobodysSlots = (): Slots => new Uint8Array(SLOT_COUNT).fill(NOBODY)

/** Slots per node's index. */
export function countSlots(slots: Slots, nodes: number): number[] {
  const counts = new Array<number>(nodes).fill(0)
  for (const owner of slots) if (owner < nodes) counts[owner]!++
  return counts
}

/** How many slots differ. */
export function movedSlots(before: Slots, after: Slots): number {
  if (before === after) return 0
  return after.reduce((moved, owner, slot) => moved + (owner === before[slot] ? 0 : 1), 0)
}

/**
 * Shares the slots out by weight, moving as few as can be: only those of nodes without weight, of nobody, and what a
 * node has beyond its quota. Every node's count is within 1 of its exact share. `weights[i]` is that of index i; where none
 * has any, all slots are nobody's. The same input gives the same slots on every node; where none moves, the very same.
 *
 * Which slots move is drawn by a hash of slot and node, `keys[i]` being what stands for the node of index i wherever it is
 * looked at: a node that returns gets back mostly those that it had, so that whoever was away meanwhile finds it again.
 */
export function shareSlots(slots: Slots, weights: readonly number[], keys: readonly number[]): Slots {
  const counts = countSlots(slots, weights.length)
  const quotas = quotasOf(weights, counts)
  if (quotas === undefined) return nobodysSlots()
  // Once a second for hours: every node has its quota, so no slot is left over.
  if (quotas.every((quota, index) => counts[index] === quota)) return slots
  const shared = Uint8Array.from(slots)
  for (const { slot, taker } of wishes(slots, counts, quotas, { weights, keys })) {
    const owner = slots[slot]!
    const isTaken = shared[slot] !== owner
    if (isTaken || counts[taker]! >= quotas[taker]! || mayKeep(owner, counts, quotas)) continue
    if (owner < counts.length) counts[owner]!--
    counts[taker]!++
    shared[slot] = taker
  }
  return shared
}

/** Whether a slot's owner has no more slots than its quota. */
const mayKeep = (owner: number, counts: readonly number[], quotas: readonly number[]): boolean =>
  owner < counts.length && counts[owner]! <= quotas[owner]!

/**
 * Every slot that may move with every node that has too few, the dearest wish first; at most 4096 x 64. Wishes are those of
 * weighted rendezvous hashing, ln(hash) / weight: without the weights a big node would at its return want other slots than
 * the smaller ones had left it.
 */
function* wishes(
  slots: Slots,
  counts: readonly number[],
  quotas: readonly number[],
  { weights, keys }: { readonly weights: readonly number[]; readonly keys: readonly number[] },
) {
  const takers = [...quotas.keys()].filter((index) => counts[index]! < quotas[index]!)
  const movable = takers.length === 0 ? [] : [...slots.keys()].filter((slot) => !mayKeep(slots[slot]!, counts, quotas))
  const reluctance = new Float32Array(1)
  const order = new Uint32Array(reluctance.buffer)
  // Reluctance, slot and taker in one number each (the bits of a positive float sort as it does; 32 + 12 + 6 bits): typed
  // arrays sort numbers ten times as fast as objects.
  const packed = new Float64Array(movable.length * takers.length)
  for (const [row, slot] of movable.entries()) {
    for (const [at, taker] of takers.entries()) {
      reluctance[0] = -Math.log((hashOf(slot, keys[taker]!) + 0.5) / 2 ** 32) / weights[taker]!
      packed[row * takers.length + at] = order[0]! * PAIRS + slot * MAX_NODES + taker
    }
  }
  for (const wish of packed.sort()) {
    yield { slot: Math.floor((wish % PAIRS) / MAX_NODES), taker: wish % MAX_NODES }
  }
}

/** What stands for a node by its management IP (FNV-1a): the same wherever it is looked at, as its index is not. */
export function keyOfAddress(address: string): number {
  let hash = 0x811c_9dc5
  for (const character of address) hash = Math.imul(hash ^ character.charCodeAt(0), 0x0100_0193)
  return hash >>> 0
}

/** 0..2^32-1, every bit of it by every bit of both (the finalizer of MurmurHash3). */
function hashOf(slot: number, key: number): number {
  let hash = Math.imul(slot + 1, 0x9e37_79b1) ^ key
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
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
