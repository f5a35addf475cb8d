import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksumOf, sumIpv6PseudoHeader, sumPseudoHeader, sumWords } from '../../../runtime/wire/checksum.ts'
import { fromHex } from './hex.ts'

/** RFC 1071 taken literally: carry around at every single addition. */
function naiveChecksum(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) {
    sum += (bytes[at] ?? 0) * 256 + (at + 1 < bytes.length ? (bytes[at + 1] ?? 0) : 0)
    if (sum > 0xffff) sum -= 0xffff
  }
  return 0xffff - sum
}

describe('the Internet checksum', () => {
  test('RFC 1071 §3: the worked example', () => {
    expect(checksumOf(sumWords(fromHex('0001 f203 f4f5 f6f7')))).toBe(0xffff - 0xddf2)
  })

  test('agrees with the naive twin for any bytes, odd lengths too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(checksumOf(sumWords(bytes))).toBe(naiveChecksum(bytes))
      }),
    )
  })

  test('does not overflow on the largest packet', () => {
    const bytes = new Uint8Array(65_535).fill(0xff)
    expect(checksumOf(sumWords(bytes))).toBe(naiveChecksum(bytes))
  })

  test('a message with its own checksum in it yields 0, and no longer when any one bit is turned', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 64 }), fc.nat(), (bytes, pick) => {
        bytes.fill(0, 2, 4)
        const checksum = checksumOf(sumWords(bytes))
        bytes.set([checksum >> 8, checksum & 255], 2)
        expect(checksumOf(sumWords(bytes))).toBe(0)
        const bit = pick % (bytes.length * 8)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        expect(checksumOf(sumWords(bytes))).not.toBe(0)
      }),
    )
  })

  test('the pseudo-header sums as its twelve bytes do (RFC 793 §3.1)', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 0xffffffff }),
        fc.nat({ max: 0xffffffff }),
        fc.nat({ max: 255 }),
        fc.nat({ max: 0xffff }),
        (source, destination, protocol, length) => {
          const bytes = new Uint8Array(12)
          const view = new DataView(bytes.buffer)
          view.setUint32(0, source)
          view.setUint32(4, destination)
          view.setUint8(9, protocol)
          view.setUint16(10, length)
          expect(sumPseudoHeader(source, destination, protocol, length)).toBe(sumWords(bytes))
        },
      ),
    )
  })

  test('the IPv6 pseudo-header sums as its forty bytes do (RFC 8200 §8.1)', () => {
    const address = fc.uint8Array({ minLength: 16, maxLength: 16 })
    fc.assert(
      fc.property(address, address, fc.nat({ max: 255 }), fc.nat({ max: 0xfffff }), (from, to, nextHeader, length) => {
        const bytes = new Uint8Array(40)
        bytes.set(from, 0)
        bytes.set(to, 16)
        new DataView(bytes.buffer).setUint32(32, length)
        bytes[39] = nextHeader
        expect(sumIpv6PseudoHeader(from, to, nextHeader, length)).toBe(sumWords(bytes))
      }),
    )
  })
})
