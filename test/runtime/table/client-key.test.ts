import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatClientKey, parseClientKey, slotOfKey } from '../../../runtime/table/client-key.ts'
import { SLOT_COUNT } from '../../../runtime/table/layout.ts'

const slotOf = (address: string) => slotOfKey(...parseClientKey(address)!)

describe('client keys', () => {
  it('hold IPv4 as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2)', () => {
    expect(parseClientKey('192.0.2.1')).toEqual([0, 0, 0xffff, 0xc0000201])
    expect(parseClientKey('::ffff:192.0.2.1')).toEqual(parseClientKey('192.0.2.1'))
    expect(formatClientKey([0, 0, 0xffff, 0xc0000201])).toBe('192.0.2.1')
  })

  it.each([
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['fe80::', 'fe80::'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ])('write %s as %s (RFC 5952)', (text, written) => {
    expect(formatClientKey(parseClientKey(text)!)).toBe(written)
  })

  it.each(['', '1.2.3', '1.2.3.256', '::g', '1::2::3', 'fe80::1%eth0'])('refuse %j', (text) => {
    expect(parseClientKey(text)).toBeUndefined()
  })

  it('survive being written and read', () => {
    const word = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff_ffff }))
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), (key) => {
        expect(parseClientKey(formatClientKey(key))).toEqual(key)
      }),
    )
  })
})

describe('the slot hash', () => {
  it('is the same on every node and in every release: else a new director scatters the clients', () => {
    const clients = ['10.0.0.1', '10.0.0.2', '192.0.2.77', '255.255.255.255', '2001:db8::1', '2001:db8::2']
    expect(clients.map(slotOf)).toMatchInlineSnapshot(`
      [
        710,
        2571,
        2805,
        2706,
        3329,
        2323,
      ]
    `)
  })

  it.each([
    ['a /16 of IPv4', (n: number) => `10.9.${n >>> 8}.${n & 255}`],
    ['a /112 of IPv6', (n: number) => `2001:db8::${n.toString(16)}`],
    ['sixteen hosts of each of 4096 /24', (n: number) => `10.${n >>> 12}.${(n >>> 4) & 255}.${n & 15}`],
  ])('spreads %s evenly', (_, client) => {
    const perSlot = new Uint32Array(SLOT_COUNT)
    for (let n = 0; n < 65_536; n++) perSlot[slotOf(client(n))]! += 1
    // 16 expected each; chi-square with 4095 degrees of freedom has mean 4095 and deviation 90.
    const chiSquare = perSlot.reduce((sum, count) => sum + (count - 16) ** 2 / 16, 0)
    expect(chiSquare).toBeLessThan(4095 + 6 * 90)
  })
})
