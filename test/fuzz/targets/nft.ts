import { encodeAttribute } from '../../../runtime/ports/netlink/linux/netlink-messages.ts'
import { eachElement, encodeGetElements } from '../../../runtime/ports/nft/linux/nftables-elements.ts'
import {
  encodeGetCounter,
  parseCounter,
  parseElementCount,
  parseGeneration,
  parseSetShape,
} from '../../../runtime/ports/nft/linux/nftables-messages.ts'
import type { NftElement } from '../../../runtime/ports/nft/nft.ts'
import { type FuzzTarget, holds, parsed } from '../target.ts'

const HEADER = Buffer.from([5, 0, 0, 0])
const nested = (type: number, ...inner: readonly Uint8Array[]) => encodeAttribute(type | 0x8000, Buffer.concat(inner))
const number32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const number64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}
const counter = nested(
  7,
  encodeAttribute(1, Buffer.from('counter\0')),
  nested(2, encodeAttribute(1, number64(400n)), encodeAttribute(2, number64(3n))),
)
const element = (key: readonly number[], ...more: readonly Buffer[]) =>
  nested(1, nested(1, encodeAttribute(1, Uint8Array.from(key))), ...more)
const data = nested(2, encodeAttribute(1, Uint8Array.of(2, 1, 0, 0)))

/** What the kernel answers about tables, sets, elements and counters. */
export const nft: FuzzTarget = {
  name: 'nft',
  mostBytes: 2048,
  seeds: [
    Buffer.concat([
      HEADER,
      encodeAttribute(1, Buffer.from('proxyha\0')),
      nested(3, element([10, 0, 0, 1], data, encodeAttribute(5, number64(599_500n))), element([7, 0, 0, 0], counter)),
    ]),
    Buffer.concat([HEADER, encodeAttribute(1, number32(7))]),
    Buffer.concat([
      HEADER,
      ...[3, 5, 7, 20].map((type) => encodeAttribute(type, number32(4))),
      nested(9, encodeAttribute(1, number32(65_536))),
    ]),
    Buffer.concat([HEADER, nested(4, encodeAttribute(1, number64(400n)), encodeAttribute(2, number64(3n)))]),
    encodeGetElements('netdev', 'proxyha', 'pins4', Uint8Array.of(10, 0, 0, 1)),
    encodeGetCounter('netdev', 'proxyha', 'unpinned'),
  ],
  run(input) {
    const read = parsed(input, (bytes) => [
      parseGeneration(bytes),
      parseElementCount(bytes),
      parseSetShape(bytes),
      parseCounter(bytes),
    ])
    const elements = parsed(input, (bytes) => {
      const found: NftElement[] = []
      eachElement(bytes, ({ key, data: value, ...others }) => {
        found.push({ key: Buffer.from(key), data: Buffer.from(value), ...others })
        return found.length < 10
      })
      return found
    })
    holds(elements.length <= 10, 'whoever has enough gets no more')
    const bytes = elements.reduce((sum, { key, data: value }) => sum + key.length + value.length, 0)
    holds(bytes <= input.length, 'elements are no longer than their message')
    return `${read.map((value) => value !== undefined)} ${elements.length}`
  },
}
