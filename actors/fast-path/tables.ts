import type { Nft } from '../../runtime/ports/nft.ts'
import { done, type Result, refused } from '../../runtime/ports/result.ts'
import { FORWARDING, loadedStaying } from './forwarding-table.ts'
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

/** Who stays where: first, where there is not room for all, those that have to by their node's word. Rejects where nft cannot tell. */
export async function readPins(nft: Nft): Promise<readonly Pin[]> {
  const pins = [...(await readMaps(nft, LISTED_MAPS.staying)), ...(await readMaps(nft, LISTED_MAPS.pins))]
  // Of both the last counts, as for the packets.
  return [...new Map(pins.map((pin) => [pin.client, pin])).values()]
}

async function readMaps(nft: Nft, maps: readonly string[]): Promise<readonly Pin[]> {
  const listings = await Promise.all(maps.map((map) => nft.listMap(family, name, map)))
  return listings.flatMap((listing) => (listing === undefined ? [] : (parsePins(listing) ?? [])))
}

/** Has those clients stay that have to, and no others. Where it is so already nothing is done, since each transaction has all of the tables looked at. */
export async function setStaying(
  nft: Nft,
  pins: readonly Pin[],
  { pinTimeoutS }: Pick<Ruleset, 'pinTimeoutS'>,
): Promise<Result> {
  const there = await refusedOr(() => readMaps(nft, LISTED_MAPS.staying))
  if (!there.ok) return there
  const wanted = new Map(pins.map(({ client, mark }) => [client, mark]))
  const isKept = ({ client, mark, expiresS = pinTimeoutS }: Pin) =>
    wanted.get(client) === mark && expiresS > pinTimeoutS / 2
  if (there.value.length === wanted.size && there.value.every(isKept)) return done
  return nft.apply(loadedStaying({ pins, pinTimeoutS }))
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
