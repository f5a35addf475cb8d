import { createHmac } from 'node:crypto'
import { parseAudience } from '../../../runtime/wire/beacon/audience.ts'
import { glanceAtBeacon, openBeacon, sealBeacon, virtualRouterIdOf } from '../../../runtime/wire/beacon/beacon.ts'
import { parseBeaconBody } from '../../../runtime/wire/beacon/body.ts'
import { type FuzzTarget, holds, parsed, same } from '../target.ts'
import { KEY, recordedPackets, VRID } from './beacon-samples.ts'

const HEADER_BYTES = 32
const HMAC_BYTES = 32
/** Bytes 29 to 31 of the header are not looked at. */
const UNUSED = 29
/** The first bytes of an input: what is done to the packet, and which bit is turned. */
const CHOICES = 3

const signed = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, createHmac('sha256', KEY).update(bytes).digest()])

/** Whole packets: as they are, and signed with the key, so that what is behind the HMAC is reached. */
export const beacon: FuzzTarget = {
  name: 'beacon',
  mostBytes: 1500,
  seeds: recordedPackets.flatMap((packet) =>
    [0, 1].map((mode) =>
      Uint8Array.from([mode, 0, 77, ...(mode === 0 ? packet : packet.subarray(0, packet.length - HMAC_BYTES))]),
    ),
  ),
  run(input) {
    const [mode = 0, high = 0, low = 0] = input
    const rest = input.subarray(CHOICES)
    const packet = mode % 2 === 1 ? signed(rest) : Buffer.from(rest)
    const opened = parsed(packet, (bytes) => openBeacon(bytes, VRID, ['another', KEY]))
    parsed(packet, glanceAtBeacon)
    parsed(packet, virtualRouterIdOf)
    const open = parsed(packet, (bytes) => openBeacon(bytes, VRID, []))
    if (open.ok) sameAgain(packet, open, null)
    if (!opened.ok) return `${opened.reason} ${open.ok ? open.fragment.type : open.reason}`
    sameAgain(packet, opened, KEY)
    const turned = Buffer.from(packet)
    const bit = (high * 256 + low) % (8 * packet.length)
    turned[bit >> 3]! ^= 1 << (bit & 7)
    holds(!openBeacon(turned, VRID, ['another', KEY]).ok, 'a beacon with a bit that is turned is refused')
    holds(!openBeacon(packet, VRID, ['another']).ok, 'a beacon by another key is refused')
    holds(!openBeacon(packet, VRID, []).ok, 'a beacon with an HMAC is refused where no key is set')
    parseBeaconBody(opened.fragment.type, opened.fragment.body)
    return `ok ${opened.fragment.type}`
  },
}

/** A whole beacon is sealed again to the same bytes. */
function sameAgain(
  packet: Buffer,
  opened: Extract<ReturnType<typeof openBeacon>, { readonly ok: true }>,
  key: string | null,
): void {
  const { type, body, sequence, address, epoch, destination, index, count } = opened.fragment
  const audience = parseAudience(opened.fragment.audience)
  const isNamedTwice = audience.size * 16 !== opened.fragment.audience.length
  if (count !== 1 || index !== 0 || isNamedTwice) return
  const sender = { address, virtualRouterId: VRID, epoch, key, version: packet[2]! }
  const [again, ...others] = sealBeacon(type, body, sequence, sender, { destination, audience })
  holds(again !== undefined && others.length === 0, 'what fitted into a packet fits into one again')
  const said = (bytes: Uint8Array) => {
    const plain = Buffer.from(bytes.subarray(0, key === null ? bytes.length : bytes.length - HMAC_BYTES))
    plain.fill(0, UNUSED, HEADER_BYTES)
    return plain.toString('hex')
  }
  same(said(again), said(packet), 'a beacon opened and sealed is the same')
}
