import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type BeaconType, openBeacon } from '../../../../runtime/wire/beacon/beacon.ts'
import { parseBeaconBody } from '../../../../runtime/wire/beacon/body.ts'
import { BEACON_VERSIONS } from '../../../../runtime/wire/beacon/versions.ts'

/** By type: what a node of that version has sent (VRID 51, key `secret`), and what it means. */
type Recorded = Readonly<Record<string, { source: string; packets: readonly string[]; body: unknown }>>

const folder = new URL('recorded/', import.meta.url)
const recordings = readdirSync(folder).map((name) => {
  const recorded = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recorded
  return [Number(/^version-(\d+)\.json$/.exec(name)?.[1]), recorded] as const
})

/** As a recording has it: maps as pairs, bytes in hexadecimal digits. */
const plain = (body: unknown): unknown =>
  JSON.parse(
    JSON.stringify(body, (_, value) => {
      if (value instanceof Map) return [...value]
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
    }),
  )

it('there are beacons of every version that is read', () => {
  const { oldest, newest } = BEACON_VERSIONS
  const all = Array.from({ length: newest - oldest + 1 }, (_, index) => oldest + index)
  expect(recordings.map(([version]) => version).sort()).toEqual(all)
})

/** What a later version has added to them is not looked at: it has a default. */
describe.each(recordings)('a beacon of version %i', (version, recorded) => {
  it.each(Object.entries(recorded))('is read: %s', (type, { source, packets, body }) => {
    const fragments = packets.map((packet) => {
      const opened = openBeacon(Buffer.from(packet, 'hex'), 51, ['secret'])
      expect(opened).toMatchObject({ ok: true, fragment: { type, address: source } })
      expect(Buffer.from(packet, 'hex')[2]).toBe(version)
      return opened.ok ? opened.fragment : undefined
    })
    const whole = Buffer.concat(fragments.map((fragment) => fragment!.body))
    expect(plain(parseBeaconBody(type as BeaconType, whole))).toMatchObject(body as object)
  })
})
