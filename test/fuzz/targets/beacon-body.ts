import { Packr } from 'msgpackr'
import { BEACON_MAX_BODY_BYTES } from '../../../runtime/wire/beacon/beacon.ts'
import { packBeaconBody, parseBeaconBody } from '../../../runtime/wire/beacon/body.ts'
import { unpackBody } from '../../../runtime/wire/beacon/msgpack.ts'
import { type FuzzTarget, holds, parsed, same } from '../target.ts'
import { mutatedTree } from '../tree-mutator.ts'
import { bodies, TYPES } from './beacon-samples.ts'

const packr = new Packr({ useRecords: false })

/** What is behind the HMAC: the first byte is the type, the others a body in msgpack. */
export const beaconBody: FuzzTarget = {
  name: 'beacon-body',
  mostBytes: 40_000,
  seeds: bodies.map(({ type, bytes }) => Uint8Array.from([TYPES.indexOf(type), ...bytes])),
  words: [
    'dc ff ff',
    'dd ff ff ff ff',
    'de ff ff',
    'df ff ff ff ff',
    'c7 08 72',
    'd4 72 00',
    'c6 ff ff ff ff',
    'db ff ff ff ff',
    'cf 00 00 00 00 00 00 00 01',
    'cb 7f f8 00 00 00 00 00 00',
    '9f',
    'c1',
  ].map((hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex')),
  mutate(input, random) {
    const value = unpackBody(input.subarray(1))
    return Buffer.concat([
      input.subarray(0, 1),
      packr.pack(mutatedTree(value ?? [], random, [Buffer.from([10, 0, 0, 1])])),
    ])
  },
  run(input) {
    const type = TYPES[(input[0] ?? 0) % TYPES.length]!
    const body = parsed(input.subarray(1), (bytes) => parseBeaconBody(type, bytes))
    if (body === undefined) return
    const packed = packBeaconBody(body)
    holds(packed.length <= BEACON_MAX_BODY_BYTES, 'what was taken can be sent on')
    const again = parseBeaconBody(type, packed)
    same(again, body, 'a body read and said again is the same')
    // msgpackr hangs a view on what it reads, by which deep equality is none.
    holds(Buffer.from(packed).equals(packBeaconBody(again!)), 'a body has one canonical form')
    return type
  },
}
