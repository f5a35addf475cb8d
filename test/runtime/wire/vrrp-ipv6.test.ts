import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksumOf, sumIpv6PseudoHeader, sumWords } from '../../../runtime/wire/checksum.ts'
import { addressBytes, addressText, isLinkLocal } from '../../../runtime/wire/ip-address-bytes.ts'
import { type Ipv6Packet, parseIpv6Packet } from '../../../runtime/wire/ipv6.ts'
import { type Advertisement, emitAdvertisement, parseAdvertisement } from '../../../runtime/wire/vrrp.ts'
import { fromHex, toHex } from './hex.ts'

const SOURCE = 'fe80::ff:fe00:1'
// Captured by tcpdump from keepalived 2.2.7, IP header included.
const KEEPALIVED =
  '6c07 45fb 0028 70ff fe80 0000 0000 0000 0000 00ff fe00 0001 ff02 0000 0000 0000 0000 0000 0000 0012 ' +
  '3133 6402 000a 11fe 2001 0db8 0000 0000 0000 0000 0000 0010 2001 0db8 0000 0000 0000 0000 0000 0011'

const advert: Advertisement = {
  version: 3,
  virtualRouterId: 51,
  priority: 100,
  advertIntervalCs: 10,
  addresses: ['2001:db8::10', '2001:db8::11'],
}
const expected = { ok: true, checksum: 'pseudoHeader', advertisement: advert }
const emit = (changes: Partial<Advertisement> = {}, source = SOURCE): Uint8Array =>
  emitAdvertisement({ ...advert, ...changes }, { source, checksum: 'message' })

/** A packet as it should come; `wrong` is what is not as it should be. */
function packetOf(payload: Uint8Array, wrong: Partial<Ipv6Packet> = {}): Ipv6Packet {
  return { source: SOURCE, destination: 'ff02::12', protocol: 112, hopLimit: 255, fragment: false, payload, ...wrong }
}

/** The message with some bytes replaced and its checksum made right again. */
function altered(changes: Readonly<Record<number, number>>): Uint8Array {
  const bytes = emit()
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value
  bytes.fill(0, 6, 8)
  const pseudoHeader = sumIpv6PseudoHeader(addressBytes(SOURCE)!, addressBytes('ff02::12')!, 112, bytes.length)
  new DataView(bytes.buffer).setUint16(6, checksumOf(sumWords(bytes, pseudoHeader)))
  return bytes
}

describe('VRRPv3 over IPv6', () => {
  test('golden: parses the advert of keepalived', () => {
    const packet = parseIpv6Packet(fromHex(KEEPALIVED))
    if (!packet.ok) throw new Error(packet.reason)
    expect(parseAdvertisement(packet.packet)).toEqual(expected)
  })

  test('golden: emits byte for byte as keepalived does, always with the pseudo-header (rule 3)', () => {
    for (const checksum of ['message', 'pseudoHeader'] as const) {
      const payload = emitAdvertisement(advert, { source: SOURCE, checksum })
      expect(toHex(payload)).toBe(KEEPALIVED.replaceAll(' ', '').slice(80))
    }
  })

  test('RFC 9568 §5.2.9: link-local addresses come first, the others keep their order', () => {
    const addresses = ['2001:db8::11', 'fe80::10', '2001:db8::10']
    const parsed = parseAdvertisement(packetOf(emit({ addresses })))
    const inOrder = { addresses: ['fe80::10', '2001:db8::11', '2001:db8::10'] }
    expect(parsed).toMatchObject({ ok: true, advertisement: inOrder })
  })

  test('any advertisement survives the wire', () => {
    const address = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => addressText(bytes) ?? '')
    const any = fc.record({
      version: fc.constant(3 as const),
      virtualRouterId: fc.integer({ min: 1, max: 255 }),
      priority: fc.nat({ max: 255 }),
      advertIntervalCs: fc.integer({ min: 1, max: 4095 }),
      addresses: fc.array(
        address.filter((text) => !isLinkLocal(text)),
        { minLength: 1, maxLength: 255 },
      ),
    })
    fc.assert(
      fc.property(any, address, (advertisement, source) => {
        const payload = emitAdvertisement(advertisement, { source, checksum: 'message' })
        expect(parseAdvertisement(packetOf(payload, { source }))).toEqual({ ...expected, advertisement })
      }),
    )
  })

  test.each([
    ['rule 1: a hop limit of 254', { hopLimit: 254 }, 'ttl'],
    ['rule 1: another protocol', { protocol: 253 }, 'protocol'],
    ['rule 1: another destination', { destination: 'ff02::1' }, 'destination'],
    ['a fragment', { fragment: true }, 'fragment'],
    ['rule 3: the pseudo-header of another source', { source: 'fe80::2' }, 'checksum'],
  ])('%s is discarded', (_, wrong, reason) => {
    expect(parseAdvertisement(packetOf(emit(), wrong))).toEqual({ ok: false, reason })
  })

  test.each([
    ['version 2, which knows no IPv6', { 0: 0x21 }, 'version'],
    ['rule 4: type 2', { 0: 0x32 }, 'type'],
    ['rule 4: count 0', { 3: 0 }, 'count'],
    ['rule 4: a count of one less than there are', { 3: 1 }, 'length'],
    ['rule 4: as many addresses as IPv4 would have room for', { 3: 8 }, 'length'],
    ['rule 2: an interval of 0', { 4: 0xf0, 5: 0 }, 'interval'],
  ])('%s is discarded', (_, changes, reason) => {
    expect(parseAdvertisement(packetOf(altered(changes)))).toEqual({ ok: false, reason })
  })

  test('rule 3: a checksum of the message alone is wrong', () => {
    const bytes = emit().fill(0, 6, 8)
    new DataView(bytes.buffer).setUint16(6, checksumOf(sumWords(bytes)))
    expect(parseAdvertisement(packetOf(bytes))).toEqual({ ok: false, reason: 'checksum' })
  })

  test('rule 3: any one bit turned over is discarded', () => {
    const good = emit()
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bytes = good.slice()
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      expect(parseAdvertisement(packetOf(bytes)).ok).toBe(false)
    }
  })

  test('rule 4: cut off at each length, or one byte longer: length', () => {
    const good = emit()
    for (let length = 0; length < good.length; length++) {
      expect(parseAdvertisement(packetOf(good.subarray(0, length)))).toEqual({ ok: false, reason: 'length' })
    }
    expect(parseAdvertisement(packetOf(Uint8Array.from([...good, 0])))).toEqual({ ok: false, reason: 'length' })
  })

  test('rule 4: 255 addresses are safe', () => {
    const addresses = Array.from({ length: 255 }, (_, index) => `2001:db8::${(index + 1).toString(16)}`)
    expect(parseAdvertisement(packetOf(emit({ addresses })))).toMatchObject({ ok: true, advertisement: { addresses } })
  })

  test('fuzz: noise never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(0x31, undefined), (bytes, first) => {
        if (first !== undefined && bytes.length > 0) bytes[0] = first
        expect(() => parseAdvertisement(packetOf(bytes))).not.toThrow()
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['version 2', { version: 2 as const, advertIntervalCs: 100 }],
    ['an address of the other family', { addresses: ['10.0.0.1'] }],
  ])('emit throws a RangeError for %s', (_, wrong) => {
    expect(() => emit(wrong)).toThrow(RangeError)
  })
})
