import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  carriedErrno,
  encodeAttribute,
  encodeMessage,
  parseAttributes,
  splitMessages,
} from '../../../../../runtime/ports/netlink/linux/netlink-messages.ts'

test('a message has its length without padding in its header, and is padded to 4 bytes', () => {
  expect(encodeMessage(0x14, 0x0501, 7, Uint8Array.of(0xaa)).toString('hex')).toBe(
    '11000000' + '1400' + '0105' + '07000000' + '00000000' + 'aa000000',
  )
})

test('an attribute has its length without padding in its header, and is padded to 4 bytes', () => {
  expect(encodeAttribute(3, Buffer.from('eth0\0')).toString('hex')).toBe('0900' + '0300' + '6574683000' + '000000')
})

test('a datagram of several messages is split at their padded lengths', () => {
  const datagram = Buffer.concat([encodeMessage(1, 2, 3, Uint8Array.of(9)), encodeMessage(4, 5, 6, Uint8Array.of())])
  const split = splitMessages(datagram)
  expect(
    split.ok && split.value.map(({ type, flags, sequence, payload }) => [type, flags, sequence, [...payload]]),
  ).toEqual([
    [1, 2, 3, [9]],
    [4, 5, 6, []],
  ])
})

test('a datagram that is cut anywhere but between messages is refused, and nothing is thrown', () => {
  const first = encodeMessage(1, 2, 3, Uint8Array.of(1, 2, 3, 4))
  const datagram = Buffer.concat([first, encodeMessage(4, 5, 6, Uint8Array.of(1, 2, 3, 4))])
  for (let length = 1; length < datagram.length; length++) {
    const split = splitMessages(datagram.subarray(0, length))
    if (length === first.length) expect(split.ok).toBe(true)
    else expect(split).toMatchObject({ ok: false, code: 'EBADMSG' })
  }
})

test('a message that says it is shorter than its header does not loop for ever', () => {
  expect(splitMessages(Buffer.alloc(64))).toMatchObject({ ok: false, code: 'EBADMSG' })
})

test('attributes are found behind the fixed header by type, the nested and byte-order bits cleared', () => {
  const payload = Buffer.concat([
    Buffer.alloc(8),
    encodeAttribute(2, Uint8Array.of(1, 2, 3)),
    encodeAttribute(0x8000 | 5, Uint8Array.of(4)),
  ])
  const attributes = parseAttributes(payload, 8)
  expect([...(attributes ?? [])].map(([type, value]) => [type, [...value]])).toEqual([
    [2, [1, 2, 3]],
    [5, [4]],
  ])
})

test('attributes with a length that does not fit are refused', () => {
  const payload = Buffer.concat([Buffer.alloc(8), encodeAttribute(2, Uint8Array.of(1, 2, 3, 4))])
  expect(parseAttributes(payload.subarray(0, 15), 8)).toBeUndefined()
  expect(parseAttributes(Buffer.alloc(16), 8)).toBeUndefined()
  expect(parseAttributes(Buffer.alloc(4), 8)).toBeUndefined()
})

test('no bytes whatever make the parsers throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(40), (bytes, headerLength) => {
      const datagram = Buffer.from(bytes)
      splitMessages(datagram)
      parseAttributes(datagram, headerLength)
      carriedErrno(datagram)
    }),
  )
})

test('the errno of an acknowledgement is made positive', () => {
  const error = Buffer.alloc(20)
  error.writeInt32LE(-99)
  expect(carriedErrno(error)).toBe(99)
  expect(carriedErrno(Buffer.alloc(4))).toBe(0)
  expect(carriedErrno(Buffer.alloc(3))).toBeUndefined()
})
