/** What the elements of our maps say, and the other way round. */
import type { NftElement } from '../../../runtime/ports/nft/nft.ts'
import { addressText } from '../../../runtime/wire/ip-address-bytes.ts'
import { keyOfElement } from '../ruleset/connection-key.ts'
import { MARK_DIVIDED, MARK_NODE } from '../ruleset/forwarding-names.ts'
import type { KnownConnection, Pin } from '../ruleset/ruleset-types.ts'

/** What the host that is director has sent to a node since the table was made. */
export interface NodeTraffic {
  readonly mark: number
  readonly packets: number
  readonly bytes: number
}

/** A pin, or one that has to stay, with the whole seconds that it has left; none where the element is something else. */
export function pinOf({ key, data, expiresMs }: NftElement): readonly Pin[] {
  const client = addressText(key)
  const mark = markIn(data)
  if (client === undefined || mark === undefined) return []
  const divided = (mark & MARK_DIVIDED) !== 0 ? { divided: true } : {}
  return [{ client, mark: mark & MARK_NODE, ...divided, ...secondsLeft(expiresMs) }]
}

/** A connection of a map of that family. */
export function connectionOf(family: 4 | 6, { key, data, expiresMs }: NftElement): readonly KnownConnection[] {
  const known = keyOfElement(family, key)
  const mark = markIn(data)
  return known === undefined || mark === undefined
    ? []
    : [{ ...known, mark: mark & MARK_NODE, ...secondsLeft(expiresMs) }]
}

/** What was counted for a mark. */
export function trafficOf({ key, counter }: NftElement): readonly NodeTraffic[] {
  const mark = markIn(key)
  return mark === undefined || counter === null ? [] : [{ mark, ...counter }]
}

/** A mark and its MAC. */
export function placeOf({ key, data }: NftElement): readonly (readonly [mark: number, mac: string])[] {
  const mark = markIn(key)
  const mac = data.length === 6 ? [...data].map((byte) => byte.toString(16).padStart(2, '0')).join(':') : undefined
  return mark === undefined || mac === undefined ? [] : [[mark, mac]]
}

/** nft has marks in the host's order. */
const markIn = (bytes: Buffer): number | undefined => (bytes.length === 4 ? bytes.readUInt32LE() : undefined)

const secondsLeft = (expiresMs: number | null) => (expiresMs === null ? {} : { expiresS: Math.floor(expiresMs / 1000) })
