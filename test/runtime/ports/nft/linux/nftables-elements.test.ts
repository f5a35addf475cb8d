import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeAttribute } from '../../../../../runtime/ports/netlink/linux/netlink-messages.ts'
import { eachElement, encodeGetElements } from '../../../../../runtime/ports/nft/linux/nftables-elements.ts'
import type { NftElement } from '../../../../../runtime/ports/nft/nft.ts'

const HEADER = Buffer.from([5, 0, 0, 0])
const nested = (type: number, ...inner: readonly Buffer[]) => encodeAttribute(type | 0x8000, Buffer.concat(inner))
const number = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}
const counter = nested(
  7,
  encodeAttribute(1, Buffer.from('counter\0')),
  nested(2, encodeAttribute(1, number(400n)), encodeAttribute(2, number(3n))),
)
const element = (key: readonly number[], ...more: readonly Buffer[]) =>
  nested(1, nested(1, encodeAttribute(1, Uint8Array.from(key))), ...more)
const message = (...elements: readonly Buffer[]) =>
  Buffer.concat([HEADER, encodeAttribute(1, Buffer.from('proxyha\0')), nested(3, ...elements)])

function read(payload: Buffer, most = 100): readonly NftElement[] {
  const found: NftElement[] = []
  eachElement(payload, ({ key, data, ...others }) => {
    found.push({ key: Buffer.from(key), data: Buffer.from(data), ...others })
    return found.length < most
  })
  return found
}

test('an element has its key, and what else there is: data, what is left of its time, and its counter', () => {
  const data = nested(2, encodeAttribute(1, Uint8Array.of(2, 1, 0, 0)))
  const left = encodeAttribute(5, number(599_500n))
  const [first, second] = read(message(element([10, 0, 0, 1], data, left), element([7, 0, 0, 0], counter)))
  expect(first).toEqual({
    key: Buffer.from([10, 0, 0, 1]),
    data: Buffer.from([2, 1, 0, 0]),
    expiresMs: 599_500,
    counter: null,
  })
  expect(second).toMatchObject({ data: Buffer.alloc(0), expiresMs: null, counter: { packets: 3, bytes: 400 } })
})

test('whoever has enough gets no more', () => {
  const payload = message(element([1]), element([2]), element([3]))
  expect(read(payload, 2)).toHaveLength(2)
  expect(eachElement(payload, () => false)).toBe(false)
  expect(eachElement(payload, () => true)).toBe(true)
})

test('one element is asked for by its key', () => {
  const all = encodeGetElements('netdev', 'proxyha', 'pins4')
  const one = encodeGetElements('netdev', 'proxyha', 'pins4', Uint8Array.of(10, 0, 0, 1))
  expect(one.subarray(0, all.length)).toEqual(all)
  expect(read(one)).toMatchObject([{ key: Buffer.from([10, 0, 0, 1]) }])
})

test('no bytes whatever make it throw, nor does a message that is cut off anywhere', () => {
  const payload = message(element([10, 0, 0, 1], counter), element([10, 0, 0, 2]))
  for (let length = 0; length < payload.length; length++)
    expect(read(payload.subarray(0, length)).length).toBeLessThan(3)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void read(Buffer.from(bytes))))
})
