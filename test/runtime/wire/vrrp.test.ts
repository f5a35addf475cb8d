import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatIpv4, parseIpv4 } from '../../../runtime/wire/addresses.ts'
import { checksumOf, sumPseudoHeader, sumWords } from '../../../runtime/wire/checksum.ts'
import type { Ipv4Packet } from '../../../runtime/wire/ipv4.ts'
import { parseIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import {
  type Advertisement,
  emitAdvertisement,
  parseAdvertisement,
  type VrrpChecksum,
} from '../../../runtime/wire/vrrp.ts'
import { fromHex, toHex } from './hex.ts'

const SOURCE = '10.10.74.70'
// Captured by tcpdump from keepalived 2.2.7, IP headers included.
const KEEPALIVED_V2 =
  '45c0 002c 0001 0000 ff70 863e 0a0a 4a46 e000 0012 2133 6302 0001 d31f 0a0a 4a4a 0a0a 4a4b 0000 0000 0000 0000'
const KEEPALIVED_V2_RESIGNS =
  '45c0 002c 0004 0000 ff70 863b 0a0a 4a46 e000 0012 2133 0002 0001 3620 0a0a 4a4a 0a0a 4a4b 0000 0000 0000 0000'
const KEEPALIVED_V3 = '45c0 0024 0001 0000 ff70 8646 0a0a 4a46 e000 0012 3133 6302 0064 8dd9 0a0a 4a4a 0a0a 4a4b'
// By hand, RFC 9568: the same v3 message summed without the pseudo-header.
// 3133+6302+0064+0a0a+4a4a+0a0a+4a4b = 13d42 -> 3d43 -> ~ = c2bc
const MESSAGE_ONLY_V3 = '3133 6302 0064 c2bc 0a0a 4a4a 0a0a 4a4b'

const advertV2: Advertisement = {
  version: 2,
  virtualRouterId: 51,
  priority: 99,
  advertIntervalCs: 100,
  addresses: ['10.10.74.74', '10.10.74.75'],
}
const advertV3: Advertisement = { ...advertV2, version: 3 }

/** A packet as it should come; `wrong` is what is not as it should be. */
function packetOf(payload: Uint8Array, wrong: Partial<Ipv4Packet> = {}): Ipv4Packet {
  return { source: SOURCE, destination: '224.0.0.18', protocol: 112, ttl: 255, fragment: false, payload, ...wrong }
}

function captured(hex: string): Ipv4Packet {
  const parsed = parseIpv4Packet(fromHex(hex))
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.packet
}

/** The message with some bytes replaced and its checksum made right again (RFC 1071 by hand, apart from the codec). */
function altered(payload: Uint8Array, changes: Readonly<Record<number, number>>): Uint8Array {
  const bytes = payload.slice()
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value
  bytes.fill(0, 6, 8)
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) {
    sum += bytes[at]! * 256 + bytes[at + 1]!
    if (sum > 0xffff) sum -= 0xffff
  }
  bytes.set([(0xffff - sum) >> 8, (0xffff - sum) & 255], 6)
  return bytes
}

const emitV2 = (): Uint8Array => emitAdvertisement(advertV2, { source: SOURCE, checksum: 'message' })
const emitV3 = (checksum: VrrpChecksum = 'message'): Uint8Array =>
  emitAdvertisement(advertV3, { source: SOURCE, checksum })

const address = fc.nat({ max: 0xffffffff }).map(formatIpv4)
const advertisement: fc.Arbitrary<Advertisement> = fc
  .record({
    version: fc.constantFrom(2 as const, 3 as const),
    virtualRouterId: fc.integer({ min: 1, max: 255 }),
    priority: fc.nat({ max: 255 }),
    addresses: fc.array(address, { minLength: 1, maxLength: 255 }),
    seconds: fc.integer({ min: 1, max: 255 }),
    centiseconds: fc.integer({ min: 1, max: 4095 }),
  })
  .map(({ seconds, centiseconds, ...rest }) => ({
    ...rest,
    advertIntervalCs: rest.version === 2 ? seconds * 100 : centiseconds,
  }))

describe('golden bytes', () => {
  test('rule 2: parses the v2 advert of keepalived', () => {
    expect(parseAdvertisement(captured(KEEPALIVED_V2))).toEqual({
      ok: true,
      checksum: 'message',
      advertisement: advertV2,
    })
  })

  test('rule 2: parses the v2 resignation of keepalived', () => {
    const expected = { ok: true, checksum: 'message', advertisement: { ...advertV2, priority: 0 } }
    expect(parseAdvertisement(captured(KEEPALIVED_V2_RESIGNS))).toEqual(expected)
  })

  test('rule 2, rule 3: parses the v3 advert of keepalived, which sums the pseudo-header', () => {
    const expected = { ok: true, checksum: 'pseudoHeader', advertisement: advertV3 }
    expect(parseAdvertisement(captured(KEEPALIVED_V3))).toEqual(expected)
  })

  test('rule 3: parses a v3 advert of RFC 9568, which does not', () => {
    const expected = { ok: true, checksum: 'message', advertisement: advertV3 }
    expect(parseAdvertisement(packetOf(fromHex(MESSAGE_ONLY_V3)))).toEqual(expected)
  })

  test('rule 2: emits v2 byte for byte as keepalived does', () => {
    expect(toHex(emitV2())).toBe(toHex(captured(KEEPALIVED_V2).payload))
  })

  test('rule 3: emits v3 with the pseudo-header byte for byte as keepalived does', () => {
    expect(toHex(emitV3('pseudoHeader'))).toBe(toHex(captured(KEEPALIVED_V3).payload))
  })

  test('rule 3: emits v3 without it as RFC 9568 says', () => {
    expect(toHex(emitV3('message'))).toBe(MESSAGE_ONLY_V3.replaceAll(' ', ''))
  })

  test('rule 3: a v2 checksum never covers the pseudo-header', () => {
    expect(toHex(emitAdvertisement(advertV2, { source: SOURCE, checksum: 'pseudoHeader' }))).toBe(toHex(emitV2()))
  })
})

describe('what is discarded, by name', () => {
  test.each([
    ['rule 1: a TTL of 254', { ttl: 254 }, 'ttl'],
    ['rule 1: another protocol', { protocol: 253 }, 'protocol'],
    ['rule 1: another destination', { destination: '10.10.74.71' }, 'destination'],
    ['a fragment', { fragment: true }, 'fragment'],
    [
      'rule 3: v3 with the pseudo-header of another source',
      { source: '10.10.74.71', payload: emitV3('pseudoHeader') },
      'checksum',
    ],
  ])('%s', (_, wrong, reason) => {
    expect(parseAdvertisement(packetOf(emitV3(), wrong))).toEqual({ ok: false, reason })
  })

  test.each([
    ['rule 4: type 2', { 0: 0x32 }, 'type'],
    ['rule 4: version 4', { 0: 0x41 }, 'version'],
    ['rule 4: version 1', { 0: 0x11 }, 'version'],
    ['rule 4: count 0', { 3: 0 }, 'count'],
    ['rule 4: a count of one more than there are', { 3: 3 }, 'length'],
    ['rule 4: a count of one less than there are', { 3: 1 }, 'length'],
    ['rule 4: count 255 with two addresses', { 3: 255 }, 'length'],
    ['rule 2: a v3 interval of 0', { 4: 0, 5: 0 }, 'interval'],
    ['rule 2: a v3 interval of 0 below reserved bits', { 4: 0xf0, 5: 0 }, 'interval'],
  ])('v3: %s', (_, changes, reason) => {
    expect(parseAdvertisement(packetOf(altered(emitV3(), changes)))).toEqual({ ok: false, reason })
  })

  test.each([
    ['rule 2: a simple password (type 1)', { 4: 1 }, 'auth'],
    ['rule 2: an authentication header (type 2)', { 4: 2 }, 'auth'],
    ['an interval of 0', { 5: 0 }, 'interval'],
    ['rule 4: no authentication data', { 3: 4 }, 'length'],
  ])('v2: %s', (_, changes, reason) => {
    expect(parseAdvertisement(packetOf(altered(emitV2(), changes)))).toMatchObject({ ok: false, reason })
  })

  test('rule 3: the v2 checksum covers the authentication data', () => {
    const bytes = emitV2()
    bytes[bytes.length - 1] = 1
    expect(parseAdvertisement(packetOf(bytes))).toEqual({ ok: false, reason: 'checksum' })
  })

  test('rule 3: v2 summed with the pseudo-header is wrong', () => {
    const bytes = emitV2()
    const covered = sumWords(bytes.slice().fill(0, 6, 8))
    const pseudoHeader = sumPseudoHeader(parseIpv4(SOURCE)!, parseIpv4('224.0.0.18')!, 112, bytes.length)
    new DataView(bytes.buffer).setUint16(6, checksumOf(covered + pseudoHeader))
    expect(parseAdvertisement(packetOf(bytes))).toEqual({ ok: false, reason: 'checksum' })
  })

  test('rule 2: v2 authentication data of type 0 is ignored whatever it says', () => {
    expect(parseAdvertisement(packetOf(altered(emitV2(), { 16: 0x70, 20: 0x77 })))).toMatchObject({ ok: true })
  })

  test('rule 3: any one bit turned over is a wrong checksum or another wrong field, in v2 and v3', () => {
    for (const good of [emitV2(), emitV3(), emitV3('pseudoHeader')]) {
      for (let bit = 0; bit < good.length * 8; bit++) {
        const bytes = good.slice()
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        expect(parseAdvertisement(packetOf(bytes)).ok).toBe(false)
      }
    }
  })

  test('rule 4: cut off at each length, or one byte longer: length', () => {
    for (const good of [emitV2(), emitV3()]) {
      for (let length = 0; length < good.length; length++) {
        expect(parseAdvertisement(packetOf(good.subarray(0, length)))).toEqual({ ok: false, reason: 'length' })
      }
      const longer = Uint8Array.from([...good, 0])
      expect(parseAdvertisement(packetOf(longer))).toEqual({ ok: false, reason: 'length' })
    }
  })
})

describe('what is tolerated', () => {
  test('rule 2: the reserved bits of v3 are sent 0 and ignored', () => {
    expect(emitV3()[4]! >> 4).toBe(0)
    const parsed = parseAdvertisement(packetOf(altered(emitV3(), { 4: 0xf0 })))
    expect(parsed).toMatchObject({ ok: true, advertisement: { advertIntervalCs: 100 } })
  })

  test('rule 2: the v3 interval uses all twelve bits', () => {
    const advert = { ...advertV3, advertIntervalCs: 4095 }
    const parsed = parseAdvertisement(packetOf(emitAdvertisement(advert, { source: SOURCE, checksum: 'message' })))
    expect(parsed).toMatchObject({ ok: true, advertisement: { advertIntervalCs: 4095 } })
  })

  test('rule 4: 255 addresses are safe, in v2 and v3', () => {
    const addresses = Array.from({ length: 255 }, (_, index) => `10.0.0.${index}`)
    for (const version of [2, 3] as const) {
      const advert = { ...advertV2, version, addresses }
      const payload = emitAdvertisement(advert, { source: SOURCE, checksum: 'message' })
      expect(parseAdvertisement(packetOf(payload))).toEqual({ ok: true, checksum: 'message', advertisement: advert })
    }
  })

  test('a view into a larger buffer is read at its own offset', () => {
    const buffer = new Uint8Array(64).fill(0xff)
    buffer.set(emitV3(), 13)
    const payload = buffer.subarray(13, 13 + 16)
    expect(parseAdvertisement(packetOf(payload))).toMatchObject({ ok: true, advertisement: advertV3 })
  })
})

describe('any advertisement', () => {
  test('survives the wire, with the checksum that it was sent with', () => {
    fc.assert(
      fc.property(advertisement, address, fc.constantFrom('message', 'pseudoHeader'), (advert, source, checksum) => {
        const payload = emitAdvertisement(advert, { source, checksum })
        // The two variants are one where the pseudo-header sums to a ones' complement zero.
        const pseudoHeader = sumPseudoHeader(parseIpv4(source)!, parseIpv4('224.0.0.18')!, 112, payload.length)
        const alike = advert.version === 2 || pseudoHeader % 0xffff === 0
        const expected = { ok: true, checksum: alike ? 'message' : checksum, advertisement: advert }
        expect(parseAdvertisement(packetOf(payload, { source }))).toEqual(expected)
      }),
    )
  })

  test('fuzz: noise never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(0x21, 0x31, undefined), (bytes, first) => {
        if (first !== undefined && bytes.length > 0) bytes[0] = first
        expect(() => parseAdvertisement(packetOf(bytes))).not.toThrow()
      }),
      { numRuns: 2000 },
    )
  })
})

describe('emit throws a RangeError for what the wire cannot say', () => {
  test.each([
    ['VRID 0', { virtualRouterId: 0 }],
    ['VRID 256', { virtualRouterId: 256 }],
    ['priority 256', { priority: 256 }],
    ['no address', { addresses: [] }],
    ['256 addresses', { addresses: Array.from({ length: 256 }, () => '10.0.0.1') }],
    ['an address that is none', { addresses: ['10.0.0'] }],
    ['a v3 interval of 0', { advertIntervalCs: 0 }],
    ['a v3 interval of 4096', { advertIntervalCs: 4096 }],
    ['a v2 interval in fractions of a second', { version: 2 as const, advertIntervalCs: 150 }],
  ])('%s', (_, wrong) => {
    const emit = (): unknown => emitAdvertisement({ ...advertV3, ...wrong }, { source: SOURCE, checksum: 'message' })
    expect(emit).toThrow(RangeError)
  })
})
