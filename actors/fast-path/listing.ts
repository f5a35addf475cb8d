import { PINS, STAYING } from './forwarding-names.ts'
import type { Pin } from './ruleset-types.ts'

/** What the host that is director has sent to a node since the table was made. */
export interface NodeTraffic {
  readonly mark: number
  readonly packets: number
  readonly bytes: number
}

/** The maps whose listings are read: `nft -j list map netdev proxyha <name>`. */
export const LISTED_MAPS = {
  pins: [PINS[4], PINS[6]],
  staying: [STAYING[4], STAYING[6]],
  traffic: 'macs',
} as const

/** `[key, value]`; the key of an element that has more to say is `{elem: {val, ...}}`. */
type Entry = readonly [key: unknown, value: unknown]

/**
 * The pins in the listing of one of `LISTED_MAPS.pins` or `LISTED_MAPS.staying`, with the whole seconds that each has left. Undefined where the text is
 * not such a listing.
 */
export function parsePins(json: string): readonly Pin[] | undefined {
  return parseEntries(json)?.flatMap(([key, mark]) => {
    const { val, expires } = elementOf(key)
    if (typeof val !== 'string' || typeof mark !== 'number') return []
    return [{ client: val, mark, ...(typeof expires === 'number' ? { expiresS: expires } : {}) }]
  })
}

/** The counters in the listing of `LISTED_MAPS.traffic`; undefined where the text is not such a listing. */
export function parseTraffic(json: string): readonly NodeTraffic[] | undefined {
  return parseEntries(json)?.flatMap(([key]) => {
    const { val, counter } = elementOf(key)
    const { packets, bytes } = asRecord(counter)
    if (typeof val !== 'number' || typeof packets !== 'number' || typeof bytes !== 'number') return []
    return [{ mark: val, packets, bytes }]
  })
}

/** The MAC of each mark in the listing of `LISTED_MAPS.traffic`; undefined where the text is not such a listing. */
export function parseMacs(json: string): ReadonlyMap<number, string> | undefined {
  const entries = parseEntries(json)?.flatMap(([key, mac]) => {
    const { val } = elementOf(key)
    return typeof val === 'number' && typeof mac === 'string' ? [[val, mac] as const] : []
  })
  return entries && new Map(entries)
}

function parseEntries(json: string): readonly Entry[] | undefined {
  const objects = asRecord(parsed(json)).nftables
  if (!Array.isArray(objects)) return undefined
  const map = objects.map((object) => asRecord(object).map).find((found) => found !== undefined)
  if (map === undefined) return undefined
  // A map without elements has no `elem`.
  const entries = asRecord(map).elem ?? []
  return Array.isArray(entries) ? entries.filter((entry): entry is Entry => Array.isArray(entry)) : undefined
}

function elementOf(key: unknown): Readonly<Record<string, unknown>> {
  return asRecord(asRecord(key).elem ?? { val: key })
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
