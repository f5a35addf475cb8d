/** VRIDs that are neither ours nor among `used`: those above ours first, round from 255 to 1. */
export function freeVrids(used: Iterable<number>, own: number): readonly number[] {
  const taken = new Set(used)
  return Array.from({ length: 254 }, (_, index) => ((own + index) % 255) + 1).filter((vrid) => !taken.has(vrid))
}
