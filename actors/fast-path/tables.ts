import type { Nft } from '../../runtime/ports/nft.ts'
import { done, type Result, refused } from '../../runtime/ports/result.ts'
import { FORWARDING, loadedPins } from './forwarding-table.ts'
import { LISTED_MAPS, type NodeTraffic, parseMacs, parsePins, parseTraffic } from './listing.ts'
import { OWN_TABLES } from './ruleset.ts'
import type { Pin, Ruleset } from './ruleset-types.ts'
import type { FoundTables } from './state.ts'

const { family, name } = FORWARDING

/** What the tables of a predecessor hold that only they know. */
export async function findTables(nft: Nft): Promise<Result<FoundTables>> {
  return refusedOr(async () => {
    const listing = await nft.listMap(family, name, LISTED_MAPS.traffic)
    if (listing === undefined) return { present: false, pins: [] }
    const macs = parseMacs(listing) ?? new Map<number, string>()
    const pins = (await readPins(nft)).flatMap(({ mark, ...pin }) => {
      const mac = macs.get(mark)
      return mac === undefined ? [] : [{ ...pin, mac }]
    })
    return { present: true, pins }
  })
}

/** Rejects where nft cannot tell. */
export async function readPins(nft: Nft): Promise<readonly Pin[]> {
  const listings = await Promise.all(LISTED_MAPS.pins.map((map) => nft.listMap(family, name, map)))
  return listings.flatMap((listing) => (listing === undefined ? [] : (parsePins(listing) ?? [])))
}

/** Pins those clients that are not pinned; a refusal where packets were faster. */
export async function addPins(
  nft: Nft,
  pins: readonly Pin[],
  { pinTimeoutS, tableSize }: Pick<Ruleset, 'pinTimeoutS' | 'tableSize'>,
): Promise<Result> {
  const there = await refusedOr(() => readPins(nft))
  if (!there.ok) return there
  const pinned = new Set(there.value.map(({ client }) => client))
  const missing = pins.filter(({ client }) => !pinned.has(client)).slice(0, Math.max(0, tableSize - pinned.size))
  return missing.length === 0 ? done : nft.apply(loadedPins({ pins: missing, pinTimeoutS, tableSize }))
}

/** What was sent to each node. Rejects where nft cannot tell. */
export async function readTraffic(nft: Nft): Promise<readonly NodeTraffic[]> {
  const listing = await nft.listMap(family, name, LISTED_MAPS.traffic)
  return listing === undefined ? [] : (parseTraffic(listing) ?? [])
}

/** Our tables as only somebody else would change them; empty where there is none of ours. */
export function outlineTables(nft: Nft): Promise<Result<string>> {
  return refusedOr(async () => {
    const outlines = await Promise.all(OWN_TABLES.map((table) => nft.outlineTable(table.family, table.name)))
    return outlines.map((outline) => outline ?? '').join('')
  })
}

async function refusedOr<Value>(read: () => Promise<Value>): Promise<Result<Value>> {
  try {
    return { ok: true, value: await read() }
  } catch (error) {
    const { code = 'EUNKNOWN', message } = error as { code?: string; message: string }
    return refused(code, message)
  }
}
