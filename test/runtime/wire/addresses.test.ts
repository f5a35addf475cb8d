import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatIpv4, formatMac, parseIpv4, parseMac } from '../../../runtime/wire/addresses.ts'

describe('IPv4 addresses', () => {
  test('are unsigned values in network order, also above 127.255.255.255', () => {
    expect(parseIpv4('10.10.74.70')).toBe(0x0a0a4a46)
    expect(parseIpv4('224.0.0.18')).toBe(0xe0000012)
    expect(parseIpv4('255.255.255.255')).toBe(0xffffffff)
  })

  test('every value survives text and back', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (value) => {
        expect(parseIpv4(formatIpv4(value))).toBe(value)
      }),
    )
  })

  test.each(['', '10.10.74', '10.10.74.70.1', '10.10.74.256', '10.10.74.07', ' 10.10.74.70', '10.10.74.-1', '::1'])(
    '%j is not one',
    (text) => expect(parseIpv4(text)).toBeUndefined(),
  )
})

describe('MAC addresses', () => {
  test('six bytes survive text and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        expect(parseMac(formatMac(bytes))).toEqual(bytes)
      }),
    )
  })

  test.each(['', 'aa:bb:cc:dd:ee', 'aa:bb:cc:dd:ee:ff:00', 'aabbccddeeff', 'aa:bb:cc:dd:ee:fg', 'a:b:c:d:e:f'])(
    '%j is not one',
    (text) => expect(parseMac(text)).toBeUndefined(),
  )
})
