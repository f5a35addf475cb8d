import { expect, test } from 'vitest'
import { BEACON_MAX_BYTES } from '../../../../runtime/wire/beacon/beacon.ts'
import { type HoldersBody, packBeaconBody, parseBeaconBody } from '../../../../runtime/wire/beacon/body.ts'
import { packBody } from '../../../../runtime/wire/beacon/msgpack.ts'

const body = (all: boolean, ...holders: HoldersBody['holders']): HoldersBody => ({ type: 'holders', all, holders })
const thereAndBack = (sent: HoldersBody) => parseBeaconBody('holders', packBeaconBody(sent))
const many = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => ({ client: `${prefix}${index + 1}`, connections: index + 1 }))

test('who has most connections, of both families', () => {
  const sent = body(true, { client: '10.1.0.1', connections: 70_000 }, { client: 'fd00::1', connections: 1 })
  expect(thereAndBack(sent)).toEqual(sent)
  expect(thereAndBack(body(false))).toEqual(body(false))
})

test('64 at most, of whichever family, which is one packet', () => {
  const packed = packBeaconBody(body(false, ...many(70, 'fd00::')))
  expect(packed.length).toBeLessThan(BEACON_MAX_BYTES)
  expect(parseBeaconBody('holders', packed)).toMatchObject({ holders: { length: 64 } })
  expect(parseBeaconBody('holders', packBody([false, new Uint8Array(8 * 65), new Uint8Array()]))).toBeUndefined()
})

test('a number out of range is brought to the nearest that is in it', () => {
  const sent = body(true, { client: '10.1.0.1', connections: 2 ** 40 }, { client: '10.1.0.2', connections: 0 })
  expect(thereAndBack(sent)).toMatchObject({ holders: [{ connections: 2 ** 32 - 1 }, { connections: 1 }] })
})

test.each([
  ['too short', [true, new Uint8Array()]],
  ['no word of all', [1, new Uint8Array(), new Uint8Array()]],
  ['bytes that are no list', [true, new Uint8Array(7), new Uint8Array()]],
  ['no bytes', [true, [], new Uint8Array()]],
])('%s is no such body', (_, value) => {
  expect(parseBeaconBody('holders', packBody(value))).toBeUndefined()
})
