import type { Nft } from '../../runtime/ports/nft.ts'
import { type Result, refused } from '../../runtime/ports/result.ts'
import { FORWARDING } from './forwarding-table.ts'
import { LISTED_MAPS, type NodeTraffic, parseMacs, parsePins, parseTraffic } from './listing.ts'
import type { Pin } from './ruleset-types.ts'
import type { FoundTables } from './state.ts'
import { TRACKING } from './tracking-table.ts'

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

/** What was sent to each node. Rejects where nft cannot tell. */
export async function readTraffic(nft: Nft): Promise<readonly NodeTraffic[]> {
  const listing = await nft.listMap(family, name, LISTED_MAPS.traffic)
  return listing === undefined ? [] : (parseTraffic(listing) ?? [])
}

/** Both tables as only somebody else would change them; empty where there is none of ours. */
export function outlineTables(nft: Nft): Promise<Result<string>> {
  return refusedOr(async () => {
    const forwarding = await nft.outlineTable(family, name)
    if (forwarding === undefined) return ''
    return forwarding + ((await nft.outlineTable(TRACKING.family, TRACKING.name)) ?? '')
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
