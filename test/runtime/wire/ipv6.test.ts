import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressText } from '../../../runtime/wire/ip-address-bytes.ts'
import { emitIpv6Packet, parseIpv6Packet } from '../../../runtime/wire/ipv6.ts'
import { fromHex, toHex } from './hex.ts'

// keepalived 2.2.7, captured by tcpdump; the flow label, which is the kernel's own choice, set to 0.
const ADDRESSES = 'fe80 0000 0000 0000 0000 00ff fe00 0001 ff02 0000 0000 0000 0000 0000 0000 0012'
const PAYLOAD = '3133 6402 000a 11fe 2001 0db8 0000 0000 0000 0000 0000 0010 2001 0db8 0000 0000 0000 0000 0000 0011'
const KEEPALIVED = `6c00 0000 0028 70ff ${ADDRESSES} ${PAYLOAD}`
const packet = { source: 'fe80::ff:fe00:1', destination: 'ff02::12', protocol: 112, hopLimit: 255 }

const address = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => addressText(bytes) ?? '')
/** No number of a header that is skipped. */
const protocol = fc.nat({ max: 255 }).filter((number) => ![0, 44, 60].includes(number))

/** The captured message behind extension headers; `first` is the number of the first of them. */
function behind(first: number, extensions: string): Uint8Array {
  const length = (fromHex(extensions).length + 40).toString(16).padStart(4, '0')
  return fromHex(`6c00 0000 ${length} ${first.toString(16).padStart(2, '0')}ff ${ADDRESSES} ${extensions} ${PAYLOAD}`)
}

describe('IPv6 header', () => {
  test('golden: parses what keepalived puts on the wire', () => {
    const expected = { ...packet, fragment: false, payload: fromHex(PAYLOAD) }
    expect(parseIpv6Packet(fromHex(KEEPALIVED))).toEqual({ ok: true, packet: expected })
  })

  test('golden: emits the same bytes', () => {
    expect(toHex(emitIpv6Packet({ ...packet, payload: fromHex(PAYLOAD) }))).toBe(KEEPALIVED.replaceAll(' ', ''))
  })

  test('round trip of any packet', () => {
    fc.assert(
      fc.property(
        address,
        address,
        protocol,
        fc.nat({ max: 255 }),
        fc.uint8Array({ maxLength: 200 }),
        (source, destination, number, hopLimit, payload) => {
          const any = { source, destination, protocol: number, hopLimit, payload }
          expect(parseIpv6Packet(emitIpv6Packet(any))).toEqual({ ok: true, packet: { ...any, fragment: false } })
        },
      ),
    )
  })

  test.each([
    ['hop-by-hop options', 0, '7000 0502 0000 0100'],
    ['long destination options', 60, '7001 0104 0000 0000 0000 0000 0000 0000'],
    ['two of them', 0, '3c00 0104 0000 0000 7000 0104 0000 0000'],
    ['the header of a fragment that is the whole packet (RFC 6946)', 44, '7000 0000 0000 0001'],
  ])('%s before the message are skipped', (_, first, extensions) => {
    const expected = { ...packet, fragment: false, payload: fromHex(PAYLOAD) }
    expect(parseIpv6Packet(behind(first, extensions))).toEqual({ ok: true, packet: expected })
  })

  test.each([
    ['more to come', '7000 0001 0000 0001'],
    ['an offset', '7000 0008 0000 0001'],
  ])('a packet with %s is a fragment', (_, extension) => {
    expect(parseIpv6Packet(behind(44, extension))).toMatchObject({ ok: true, packet: { fragment: true } })
  })

  test('another header, such as of routing, is left as the protocol', () => {
    expect(parseIpv6Packet(behind(43, '7000 0000 0000 0000'))).toMatchObject({ ok: true, packet: { protocol: 43 } })
  })

  test('padding after the payload length is trimmed', () => {
    const padded = Uint8Array.from([...fromHex(KEEPALIVED), 0xee, 0xee])
    expect(parseIpv6Packet(padded)).toMatchObject({ ok: true, packet: { payload: fromHex(PAYLOAD) } })
  })

  test('cut off at each length: truncated', () => {
    const whole = fromHex(KEEPALIVED)
    for (let length = 0; length < whole.length; length++) {
      expect(parseIpv6Packet(whole.subarray(0, length))).toEqual({ ok: false, reason: 'truncated' })
    }
  })

  test.each([
    ['IPv4', fromHex(KEEPALIVED.replace('6c00', '4c00')), 'ipVersion'],
    ['an extension header that reaches past the payload', behind(0, '70ff 0000 0000 0000'), 'ipHeader'],
    ['an extension header that begins at the end', fromHex(`6c00 0000 0000 00ff ${ADDRESSES}`), 'ipHeader'],
    ['more extension headers than there are kinds', behind(60, '3c00 0104 0000 0000'.repeat(5)), 'ipHeader'],
  ])('%s is refused', (_, bytes, reason) => {
    expect(parseIpv6Packet(bytes)).toEqual({ ok: false, reason })
  })

  test('fuzz: never throws, and a payload lies inside the bytes', () => {
    const start = fc.constantFrom('', '6c00 0000 0020 00ff', '6c00 0000 0020 3cff', '6c00 0000 0020 2cff')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), start, (bytes, looksRight) => {
        bytes.set(fromHex(looksRight).subarray(0, bytes.length))
        const parsed = parseIpv6Packet(bytes)
        if (parsed.ok) expect(parsed.packet.payload.length).toBeLessThanOrEqual(bytes.length - 40)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['a source that is none', { source: '10.0.0.1', payload: new Uint8Array() }],
    ['a payload that does not fit', { source: 'fe80::1', payload: new Uint8Array(65_536) }],
  ])('emit throws a RangeError for %s', (_, wrong) => {
    expect(() => emitIpv6Packet({ ...packet, ...wrong })).toThrow(RangeError)
  })
})
