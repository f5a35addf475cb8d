import { isIPv6 } from 'node:net'
import type { Nft, NftElement } from '../../../runtime/ports/nft/nft.ts'
import { done, errorOf, type Result } from '../../../runtime/ports/result.ts'
import { addressBytes } from '../../../runtime/wire/ip-address-bytes.ts'
import { CONNECTIONS, MARK_NODE, PINS, REACHABLE, STAYING, TAKERS, TOLD } from '../ruleset/forwarding-names.ts'
import { FORWARDING, loadedStaying } from '../ruleset/forwarding-table.ts'
import { findKeptMaps } from '../ruleset/kept-maps.ts'
import { OWN_TABLES } from '../ruleset/ruleset.ts'
import type { KnownConnection, Pin, Ruleset } from '../ruleset/ruleset-types.ts'
import { type FoundTables, NOTHING_FOUND } from '../state.ts'
import { connectionOf, type NodeTraffic, pinOf, placeOf, trafficOf } from './listing.ts'
import { PackedPins } from './packed-pins.ts'

const { family, name } = FORWARDING
/** Pins that are written into a table anew: each is a line that nft takes a kilobyte of memory for. */
const REWRITTEN_PINS_MAX = 262_144
/** Pins that are listed: for each few hundred the kernel goes through the map from its beginning, so that twice as many take four times as long. */
const LISTED_PINS_MAX = 262_144

/**
 * What the tables of a predecessor hold that only they know. Whoever is remembered there stays where he is written, where the maps can go
 * on as they are (`inPlace`); else all of it is read, to be written anew.
 */
export async function findTables(
  nft: Nft,
  settings: Pick<Ruleset, 'tableSize'> & { readonly virtualIps: readonly string[] },
  inPlace: boolean,
): Promise<Result<FoundTables>> {
  const marks = new Map<number, string>()
  const read = await nft.eachElement(family, name, REACHABLE, (element) => {
    for (const [mark, mac] of placeOf(element)) if (mark <= MARK_NODE) marks.set(mark, mac)
    return true
  })
  if (!read.ok) return read.code === 'ENOENT' ? { ok: true, value: NOTHING_FOUND } : read
  const kept = inPlace ? findKeptMaps(nft, settings, marks) : undefined
  const directed = settings.virtualIps.filter((address) => isDirected(nft, address))
  if (kept !== undefined) return { ok: true, value: { present: true, directed, pins: [], connections: [], kept } }
  const placed = <Item extends { readonly mark: number }>({ mark, ...item }: Item) => {
    const mac = marks.get(mark)
    return mac === undefined ? [] : [{ ...item, mac }]
  }
  const pins = await readPins(nft)
  const connections = await readConnections(nft, TOLD, CONNECTIONS)
  if (!pins.ok) return pins
  if (!connections.ok) return connections
  const { known, beyond } = pins.value
  const found = { present: true, directed, pins: known.flatMap(placed), connections: connections.value.flatMap(placed) }
  return { ok: true, value: beyond === 0 ? found : { ...found, beyond } }
}

/** Whether the tables are a director's for that address. */
function isDirected(nft: Nft, address: string): boolean {
  const key = keyOf(address)
  const [all, silent] = ['vips', 'silent'].map((set) =>
    nft.element(family, name, `${set}${isIPv6(address) ? 6 : 4}`, key),
  )
  return all?.ok === true && all.value !== null && silent?.ok === true && silent.value === null
}

/** Who stays where: first, where there is not room for all, those that have to by their node's word. */
async function readPins(nft: Nft): Promise<Result<{ readonly known: readonly Pin[]; readonly beyond: number }>> {
  // Of both the last counts, as for the packets.
  const known = new Map<string, Pin>()
  let beyond = 0
  for (const map of [...Object.values(STAYING), ...Object.values(PINS)]) {
    const read = await eachOf(nft, map, (element) => {
      for (const pin of pinOf(element)) {
        if (known.size < REWRITTEN_PINS_MAX || known.has(pin.client)) known.set(pin.client, pin)
        else beyond += 1
      }
      return true
    })
    if (!read.ok) return read
  }
  return { ok: true, value: { known: [...known.values()], beyond } }
}

/**
 * Who stays where, to be looked at in parts; with those of `others` that are not pinned, by mark 0: their connections may be known one by one.
 * Rejects where nftables cannot tell.
 */
export async function readPackedPins(nft: Nft, others: Iterable<string> = []): Promise<PackedPins> {
  const staying = new Map(Array.from(others, (client) => [keyOf(client).toString('latin1'), unpinned(client)]))
  for (const map of Object.values(STAYING)) {
    const read = await eachOf(nft, map, ({ key, data, ...others }) => {
      staying.set(key.toString('latin1'), { key: Buffer.from(key), data: Buffer.from(data), ...others })
      return true
    })
    if (!read.ok) throw errorOf(read)
  }
  const packed = new PackedPins()
  for (const map of Object.values(PINS)) {
    const read = await eachOf(nft, map, (element) => {
      // What packets have written counts.
      if (staying.size > 0) staying.delete(element.key.toString('latin1'))
      packed.add(element)
      return packed.length < LISTED_PINS_MAX
    })
    if (!read.ok) throw errorOf(read)
  }
  if (packed.length >= LISTED_PINS_MAX) packed.beyond = Math.max(0, countedPins(nft) - packed.length)
  for (const element of staying.values()) packed.add(element)
  return packed
}

const keyOf = (client: string): Buffer => Buffer.from(addressBytes(client) ?? [])

const unpinned = (client: string): NftElement => {
  return { key: keyOf(client), data: Buffer.alloc(4), expiresMs: null, counter: null }
}

function countedPins(nft: Nft): number {
  const counts = Object.values(PINS).map((map) => nft.elementCount(family, name, map))
  return counts.reduce((sum, count) => sum + ((count.ok ? count.value : null) ?? 0), 0)
}

/** The one pin of a client; undefined where it has none. Throws where nftables cannot tell. */
export function readPin(nft: Nft, client: string): Pin | undefined {
  const key = keyOf(client)
  const version = key.length === 4 ? 4 : 6
  for (const map of [PINS[version], STAYING[version]]) {
    const found = nft.element(family, name, map, key)
    if (!found.ok) throw errorOf(found)
    const [pin] = found.value === null ? [] : pinOf(found.value)
    if (pin !== undefined) return pin
  }
  return undefined
}

async function readConnections(
  nft: Nft,
  ...maps: readonly Readonly<Record<4 | 6, string>>[]
): Promise<Result<readonly KnownConnection[]>> {
  const connections: KnownConnection[] = []
  for (const version of [4, 6] as const) {
    const names = maps.map((map) => map[version])
    const read = await itemsOf(nft, names, (element) => connectionOf(version, element))
    if (!read.ok) return read
    connections.push(...read.value)
  }
  return { ok: true, value: connections }
}

/** Has those clients stay that have to, and no others. Where it is so already nothing is done, since each transaction has all of the tables looked at. */
export async function setStaying(
  nft: Nft,
  pins: readonly Pin[],
  connections: readonly KnownConnection[],
  { pinTimeoutS }: Pick<Ruleset, 'pinTimeoutS'>,
): Promise<Result> {
  const staying = await itemsOf(nft, Object.values(STAYING), pinOf)
  if (!staying.ok) return staying
  const told = await readConnections(nft, TOLD)
  if (!told.ok) return told
  const isThere =
    isKept(staying.value, pins, ({ client }) => client, pinTimeoutS) &&
    isKept(told.value, connections, ({ key }) => key, pinTimeoutS)
  return isThere ? done : nft.apply(loadedStaying({ pins, connections, pinTimeoutS }))
}

/** Whether the same are there at the same nodes, each with half of its time at least. */
function isKept<Item extends { readonly mark: number; readonly expiresS?: number }>(
  there: readonly Item[],
  wanted: readonly Item[],
  keyOf: (item: Item) => string,
  pinTimeoutS: number,
): boolean {
  const marks = new Map(wanted.map((item) => [keyOf(item), item.mark]))
  const isFresh = (item: Item) =>
    marks.get(keyOf(item)) === item.mark && (item.expiresS ?? pinTimeoutS) > pinTimeoutS / 2
  return there.length === marks.size && there.every(isFresh)
}

/** What was sent to each node; nothing where nftables cannot tell: a status without it is better than none. */
export async function readTraffic(nft: Nft): Promise<readonly NodeTraffic[]> {
  const items = await itemsOf(nft, [TAKERS, 'macs', REACHABLE], trafficOf)
  return items.ok ? items.value.map((one) => ({ ...one, mark: one.mark & MARK_NODE })) : []
}

/** All of some maps, none of which is long; one that is not there has none. */
async function itemsOf<Item>(
  nft: Nft,
  maps: readonly string[],
  read: (element: NftElement) => readonly Item[],
): Promise<Result<readonly Item[]>> {
  const items: Item[] = []
  for (const map of maps) {
    const outcome = await eachOf(nft, map, (element) => {
      items.push(...read(element))
      return true
    })
    if (!outcome.ok) return outcome
  }
  return { ok: true, value: items }
}

/** A map that is not there has none. */
async function eachOf(nft: Nft, map: string, take: (element: NftElement) => boolean): Promise<Result> {
  const outcome = await nft.eachElement(family, name, map, take)
  return !outcome.ok && outcome.code === 'ENOENT' ? done : outcome
}

/** Our tables as only somebody else would change them; empty where there is none of ours. */
export function outlineTables(nft: Nft): Result<string> {
  const outlines = OWN_TABLES.map((table) => nft.outlineTable(table.family, table.name))
  const refusal = outlines.find((outline) => !outline.ok)
  if (refusal?.ok === false) return refusal
  return {
    ok: true,
    value: outlines
      .map((outline) => (outline.ok && outline.value?.digest) || '')
      .join(' ')
      .trim(),
  }
}
