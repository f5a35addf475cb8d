import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addressBytes,
  addressText,
  canonicalAddress,
  compareAddresses,
  isLinkLocal,
  networkOf,
  samePrefix,
} from '../../../runtime/wire/ip-address-bytes.ts'

const hex = (text: string): string | undefined => {
  const bytes = addressBytes(text)
  return bytes && Buffer.from(bytes).toString('hex')
}

test('addresses become their bytes in network order', () => {
  expect(hex('10.77.0.254')).toBe('0a4d00fe')
  expect(hex('::')).toBe('00'.repeat(16))
  expect(hex('::1')).toBe(`${'00'.repeat(15)}01`)
  expect(hex('fd00::')).toBe(`fd${'00'.repeat(15)}`)
  expect(hex('2001:db8:0:1:2:3:4:5')).toBe('20010db8000000010002000300040005')
  expect(hex('2001:db8::2:3')).toBe('20010db8000000000000000000020003')
  expect(hex('::ffff:10.77.0.1')).toBe('00000000000000000000ffff0a4d0001')
})

test.each(['', '10.77.0', '10.77.0.256', 'fd00', 'fd00::1::2', 'fe80::1%eth0', 'gateway'])(
  '%s is no address',
  (text) => {
    expect(addressBytes(text)).toBeUndefined()
  },
)

test('IPv6 addresses are written as RFC 5952 has them', () => {
  expect(addressText(Buffer.from('20010db8000000000000000000020003', 'hex'))).toBe('2001:db8::2:3')
  expect(addressText(Buffer.alloc(16))).toBe('::')
  expect(addressText(Uint8Array.of(10, 77, 0, 1))).toBe('10.77.0.1')
})

test('no other number of bytes is an address', () => {
  for (const length of [0, 3, 5, 15, 17]) expect(addressText(new Uint8Array(length))).toBeUndefined()
})

test('bytes survive the way to text and back', () => {
  const address = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    // Mostly zeros: where the shortened forms are.
    fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((bytes) => Uint8Array.from(bytes)),
  )
  fc.assert(
    fc.property(address, (bytes) => {
      expect(addressBytes(addressText(bytes) ?? '')).toEqual(bytes)
    }),
  )
})

test('the canonical form is the same whatever form came in', () => {
  expect(canonicalAddress('2001:DB8:0:0::0010')).toBe('2001:db8::10')
  expect(canonicalAddress('10.77.0.1')).toBe('10.77.0.1')
  expect(canonicalAddress('fe80::1%eth0')).toBeUndefined()
})

test('RFC 4291 §2.5.6: fe80::/10 is link-local', () => {
  expect(['fe80::1', 'febf::1'].map(isLinkLocal)).toEqual([true, true])
  expect(['fec0::1', 'fe00::1', '2001:db8::1', '169.254.0.1', 'gateway'].map(isLinkLocal)).not.toContain(true)
})

test('a network is the address whose bits behind the prefix are zero', () => {
  expect(networkOf('2001:db8:1:2ff::1:2:3', 58)).toBe('2001:db8:1:2c0::')
  expect(networkOf('2001::1:2:3:4:5:6', 64)).toBe('2001:0:1:2::')
  expect(networkOf('10.0.3.255', 22)).toBe('10.0.0.0')
  expect(networkOf('gateway', 22)).toBe('gateway')
})

test('a prefix is compared to its last bit', () => {
  expect(samePrefix('2001:db8::1', '2001:db8::8000:0:0:1', 64)).toBe(true)
  expect(samePrefix('2001:db8::1', '2001:db8::8000:0:0:1', 65)).toBe(false)
  expect(samePrefix('2001:db8:0:1::', '2001:db8:0:2::', 62)).toBe(true)
  expect(samePrefix('2001:db8:0:1::', '2001:db8:0:2::', 63)).toBe(false)
  expect(samePrefix('fe80::1', 'fe80::1', 128)).toBe(true)
  expect(samePrefix('fe80::1', 'fe80::2', 128)).toBe(false)
  expect(samePrefix('10.0.0.1', '10.0.3.1', 22)).toBe(true)
  expect(samePrefix('10.0.0.1', 'fe80::1', 0)).toBe(false)
})

test('rule 16: addresses compare as unsigned numbers in network order', () => {
  expect(compareAddresses('fe80::8000:0:0:1', 'fe80::7fff:ffff:0:9')).toBeGreaterThan(0)
  expect(compareAddresses('10.0.0.9', '200.0.0.1')).toBeLessThan(0)
  expect(compareAddresses('fe80::1', 'fe80:0::1')).toBe(0)
})
