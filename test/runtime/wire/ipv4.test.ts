import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatIpv4 } from '../../../runtime/wire/addresses.ts'
import { emitIpv4Packet, parseIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import { fromHex, toHex } from './hex.ts'

// keepalived 2.2.7, captured by tcpdump; identification 0 instead of 1, the checksum one more for it.
const KEEPALIVED_HEADER = '45c0 0024 0000 0000 ff70 8647 0a0a 4a46 e000 0012'
const PAYLOAD = '3133 6302 0064 8dd9 0a0a 4a4a 0a0a 4a4b'

const address = fc.nat({ max: 0xffffffff }).map(formatIpv4)
const byte = fc.nat({ max: 255 })

describe('IPv4 header', () => {
  test('golden: parses what keepalived puts on the wire', () => {
    expect(parseIpv4Packet(fromHex(KEEPALIVED_HEADER + PAYLOAD))).toEqual({
      ok: true,
      packet: {
        source: '10.10.74.70',
        destination: '224.0.0.18',
        protocol: 112,
        ttl: 255,
        fragment: false,
        payload: fromHex(PAYLOAD),
      },
    })
  })

  test('golden: emits the same bytes', () => {
    const packet = {
      source: '10.10.74.70',
      destination: '224.0.0.18',
      protocol: 112,
      ttl: 255,
      payload: fromHex(PAYLOAD),
    }
    expect(toHex(emitIpv4Packet(packet))).toBe((KEEPALIVED_HEADER + PAYLOAD).replaceAll(' ', ''))
  })

  test('round trip of any packet', () => {
    fc.assert(
      fc.property(
        address,
        address,
        byte,
        byte,
        fc.uint8Array({ maxLength: 200 }),
        (source, destination, protocol, ttl, payload) => {
          const packet = { source, destination, protocol, ttl, payload }
          expect(parseIpv4Packet(emitIpv4Packet(packet))).toEqual({ ok: true, packet: { ...packet, fragment: false } })
        },
      ),
    )
  })

  test('rule 4: options (IHL > 5) are skipped', () => {
    const withOptions = fromHex(`46c0 0028 0000 0000 ff70 0000 0a0a 4a46 e000 0012 9404 0000${PAYLOAD}`)
    const parsed = parseIpv4Packet(withOptions)
    expect(parsed).toMatchObject({ ok: true, packet: { payload: fromHex(PAYLOAD) } })
  })

  test('rule 4: Ethernet padding after the total length is trimmed', () => {
    const padded = new Uint8Array(46)
    padded.set(fromHex(KEEPALIVED_HEADER + PAYLOAD))
    padded.fill(0xee, 36)
    expect(parseIpv4Packet(padded)).toMatchObject({ ok: true, packet: { payload: fromHex(PAYLOAD) } })
  })

  test.each([
    ['more fragments', '2000'],
    ['an offset', '0001'],
  ])('a packet with %s is a fragment', (_, flags) => {
    const bytes = fromHex(KEEPALIVED_HEADER + PAYLOAD)
    bytes.set(fromHex(flags), 6)
    expect(parseIpv4Packet(bytes)).toMatchObject({ ok: true, packet: { fragment: true } })
  })

  test("don't-fragment is not a fragment", () => {
    const bytes = fromHex(KEEPALIVED_HEADER + PAYLOAD)
    bytes[6] = 0x40
    expect(parseIpv4Packet(bytes)).toMatchObject({ ok: true, packet: { fragment: false } })
  })

  test('cut off at each length: truncated', () => {
    const whole = fromHex(KEEPALIVED_HEADER + PAYLOAD)
    for (let length = 0; length < whole.length; length++) {
      expect(parseIpv4Packet(whole.subarray(0, length))).toEqual({ ok: false, reason: 'truncated' })
    }
  })

  test.each([
    ['IPv6', 0, 0x60, 'ipVersion'],
    ['an IHL of 4', 0, 0x44, 'ipHeader'],
    ['a total length shorter than the header', 3, 19, 'ipHeader'],
    ['options that reach past the total length', 0, 0x4f, 'ipHeader'],
  ])('%s is refused', (_, at, value, reason) => {
    const bytes = fromHex(KEEPALIVED_HEADER + PAYLOAD)
    bytes[at] = value
    expect(parseIpv4Packet(bytes)).toEqual({ ok: false, reason })
  })

  test('fuzz: never throws, and a payload lies inside the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, looksRight) => {
        if (looksRight && bytes.length > 0) bytes[0] = 0x45
        const parsed = parseIpv4Packet(bytes)
        if (parsed.ok) expect(parsed.packet.payload.length).toBeLessThanOrEqual(bytes.length - 20)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['a source that is none', { source: '10.0.0', payload: new Uint8Array() }],
    ['a payload that does not fit', { source: '10.0.0.1', payload: new Uint8Array(65_516) }],
  ])('emit throws a RangeError for %s', (_, wrong) => {
    expect(() => emitIpv4Packet({ destination: '10.0.0.2', protocol: 112, ttl: 1, ...wrong })).toThrow(RangeError)
  })
})
