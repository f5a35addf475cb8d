import type { Nft } from '../../../runtime/ports/nft/nft.ts'
import { CONNECTIONS, OWN_COUNTERS, PINS, STAYING, TOLD } from './forwarding-names.ts'
import { CONNECTIONS_MAX, FORWARDING, STAYING_MAX } from './forwarding-table.ts'
import type { KeptMaps, Ruleset } from './ruleset-types.ts'

/*
 * The maps that packets and nodes have written go over from one process to the next as they are: 4 million pins cannot be listed (the kernel
 * goes through a map from its beginning for each few hundred elements that it tells), nor written anew by nft, whose memory
 * for it is gigabytes. So everything else of the table is made anew around them, in one transaction, and the next process gives the nodes the
 * marks that they had (`numbering.ts`).
 */

/** The maps that go on, by what they can hold. */
const KEPT = [
  { names: PINS, keyBytes: { 4: 4, 6: 16 }, byPackets: true },
  { names: STAYING, keyBytes: { 4: 4, 6: 16 }, byPackets: false },
  { names: CONNECTIONS, keyBytes: { 4: 16, 6: 16 }, byPackets: true },
  { names: TOLD, keyBytes: { 4: 16, 6: 16 }, byPackets: false },
] as const
const MARK_BYTES = 4

/** By the names of the maps. */
export const KEPT_NAMES: ReadonlySet<string> = new Set(KEPT.flatMap(({ names }) => Object.values(names)))

/** Undefined where a map is another one than it would have to be, or the kernel does not tell. */
export function findKeptMaps(
  nft: Nft,
  { tableSize }: Pick<Ruleset, 'tableSize'>,
  marks: ReadonlyMap<number, string>,
): KeptMaps | undefined {
  const { family, name } = FORWARDING
  const sizeOf = (names: (typeof KEPT)[number]['names']) =>
    names === PINS ? tableSize : names === STAYING ? STAYING_MAX : CONNECTIONS_MAX
  const fits = KEPT.every(({ names, keyBytes, byPackets }) =>
    ([4, 6] as const).every((version) => {
      const shape = nft.setShape(family, name, names[version])
      if (!shape.ok || shape.value.most !== sizeOf(names) || shape.value.byPackets !== byPackets) return false
      return shape.value.keyBytes === keyBytes[version] && shape.value.dataBytes === MARK_BYTES
    }),
  )
  const outline = fits ? nft.outlineTable(family, name) : undefined
  if (outline?.ok !== true || outline.value === null) return undefined
  const { sets, chains } = outline.value
  const own = new Set<string>(OWN_COUNTERS)
  const counters = sets.filter((set) => own.has(set.name)).map((set) => set.name)
  const others = sets.filter((set) => !KEPT_NAMES.has(set.name) && !own.has(set.name))
  return { marks, others: { sets: others, chains }, counters }
}
