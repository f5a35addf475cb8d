import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatMac } from '../../../runtime/wire/addresses.ts'
import { checksumOf, sumIpv6PseudoHeader, sumWords } from '../../../runtime/wire/checksum.ts'
import { addressBytes, addressText } from '../../../runtime/wire/ip-address-bytes.ts'
import { parseIpv6Packet } from '../../../runtime/wire/ipv6.ts'
import {
  emitUnsolicitedAdvertisement,
  parseNeighbourAdvertisement,
} from '../../../runtime/wire/neighbour-advertisement.ts'
import { toHex } from './hex.ts'

/**
 * keepalived 2.2.7, captured by tcpdump, with what it does not do as RFC 9568 §6.4.1 says: R is 1 (keepalived: only where the
 * host forwards), so the flags are a0 for 20 and the checksum 8000 less; and traffic class c0 for 00, as all that we send.
 */
const KEEPALIVED =
  '3333 0000 0001 0200 0000 0001 86dd 6c00 0000 0020 3aff 2001 0db8 0000 0000 0000 0000 0000 0010 ff02 0000 0000 0000 ' +
  '0000 0000 0000 0001 8800 790c a000 0000 2001 0db8 0000 0000 0000 0000 0000 0010 0201 0200 0000 0001'

describe('unsolicited neighbour advertisement', () => {
  test('rule 18: golden, that of keepalived but for the flag R', () => {
    expect(toHex(emitUnsolicitedAdvertisement('02:00:00:00:00:01', '2001:db8::10'))).toBe(
      KEEPALIVED.replaceAll(' ', ''),
    )
  })

  test('rule 18: R S O = 1,0,1 to all nodes with hop limit 255, target and link-layer address ours, for any address', () => {
    const mac = fc.uint8Array({ minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(mac, fc.uint8Array({ minLength: 16, maxLength: 16 }), (macBytes, bytes) => {
        const address = addressText(bytes) ?? ''
        const frame = emitUnsolicitedAdvertisement(formatMac(macBytes), address)
        expect(toHex(frame.subarray(0, 14))).toBe(`333300000001${toHex(macBytes)}86dd`)
        const parsed = parseIpv6Packet(frame.subarray(14))
        if (!parsed.ok) throw new Error(parsed.reason)
        const { payload, ...header } = parsed.packet
        const expected = { source: address, destination: 'ff02::1', protocol: 58, hopLimit: 255, fragment: false }
        expect(header).toEqual(expected)
        expect(toHex(payload.subarray(4))).toBe(`a0000000${toHex(bytes)}0201${toHex(macBytes)}`)
        const allNodes = addressBytes('ff02::1')!
        expect(checksumOf(sumWords(payload, sumIpv6PseudoHeader(bytes, allNodes, 58, payload.length)))).toBe(0)
      }),
    )
  })

  test.each([
    ['MAC', 'aa:bb', '2001:db8::1'],
    ['IPv6 address', '9e:a5:de:f7:99:33', '10.0.0.1'],
  ])('throws a RangeError for a %s that is none', (_, mac, address) => {
    expect(() => emitUnsolicitedAdvertisement(mac, address)).toThrow(RangeError)
  })
})

describe('a neighbour advertisement that is received', () => {
  const MAC = '02:00:00:00:00:01'
  const TARGET = '2001:db8::10'
  const frame = () => emitUnsolicitedAdvertisement(MAC, TARGET)
  /** With a checksum that is right. */
  const signed = (change: (message: Uint8Array) => void, bytes = frame()): Uint8Array => {
    const message = bytes.subarray(54)
    change(message)
    message.set([0, 0], 2)
    const [source, destination] = [bytes.subarray(22, 38), bytes.subarray(38, 54)]
    const sum = checksumOf(sumWords(message, sumIpv6PseudoHeader(source, destination, 58, message.length)))
    message.set([sum >> 8, sum & 255], 2)
    return bytes
  }

  test('is read', () => {
    expect(parseNeighbourAdvertisement(frame())).toEqual({
      ok: true,
      advertisement: { solicited: false, target: TARGET, mac: MAC, destinationMac: '33:33:00:00:00:01' },
    })
    const answer = signed((message) => message.set([0x60], 4))
    expect(parseNeighbourAdvertisement(answer)).toMatchObject({ advertisement: { solicited: true } })
  })

  test('without a link-layer address is of who sent the frame', () => {
    const bare = signed((message) => message.set([14], 24))
    bare.set([2, 0, 0, 0, 0, 9], 6)
    expect(parseNeighbourAdvertisement(bare)).toMatchObject({ advertisement: { mac: '02:00:00:00:00:09' } })
  })

  test.each([
    ['another message', signed((message) => message.set([135])), 'other'],
    ['another code', signed((message) => message.set([1], 1)), 'other'],
    ['an option without length', signed((message) => message.set([0], 25)), 'option'],
    ['an option beyond the end', signed((message) => message.set([2], 25)), 'option'],
    ['a wrong checksum', Uint8Array.from(frame(), (byte, at) => (at === 60 ? byte ^ 1 : byte)), 'checksum'],
    ['a hop on its way', Uint8Array.from(frame(), (byte, at) => (at === 21 ? 254 : byte)), 'hopLimit'],
    ['an end too soon', frame().subarray(0, 80), 'truncated'],
    ['no IPv6', Uint8Array.from(frame(), (byte, at) => (at === 12 ? 8 : byte)), 'other'],
  ])('with %s is none', (_, bytes, reason) => {
    expect(parseNeighbourAdvertisement(bytes)).toEqual({ ok: false, reason })
  })

  test('of any bytes never throws', () => {
    const changes = fc.array(fc.tuple(fc.nat(85), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(changes, fc.nat(86), (changed, length) => {
        const bytes = signed((message) => {
          for (const [at, value] of changed) if (at >= 54) message[at - 54] = value
        })
        for (const [at, value] of changed) if (at < 54) bytes[at] = value
        expect(typeof parseNeighbourAdvertisement(bytes.subarray(0, length)).ok).toBe('boolean')
      }),
    )
  })
})
