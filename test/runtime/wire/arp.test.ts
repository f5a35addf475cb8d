import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatIpv4, formatMac } from '../../../runtime/wire/addresses.ts'
import { emitArpRequest, emitGratuitousArp, parseArp } from '../../../runtime/wire/arp.ts'
import { fromHex, toHex } from './hex.ts'

// keepalived 2.2.7, captured by tcpdump.
const KEEPALIVED =
  'ffff ffff ffff 9ea5 def7 9933 0806 0001 0800 0604 0001 9ea5 def7 9933 0a0a 4a4a ffff ffff ffff 0a0a 4a4a'

describe('gratuitous ARP', () => {
  test('rule 18: golden, the request form of keepalived byte for byte', () => {
    expect(toHex(emitGratuitousArp('9e:a5:de:f7:99:33', '10.10.74.74'))).toBe(KEEPALIVED.replaceAll(' ', ''))
  })

  test('rule 18: sender = target = the VIP, broadcast from the MAC, for any address', () => {
    const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(formatMac)
    fc.assert(
      fc.property(mac, fc.nat({ max: 0xffffffff }).map(formatIpv4), (senderMac, address) => {
        const frame = emitGratuitousArp(senderMac, address)
        expect(formatMac(frame.subarray(0, 6))).toBe('ff:ff:ff:ff:ff:ff')
        expect(formatMac(frame.subarray(6, 12))).toBe(senderMac)
        expect(parseArp(frame)).toEqual({
          ok: true,
          arp: {
            operation: 'request',
            senderMac,
            senderAddress: address,
            targetMac: 'ff:ff:ff:ff:ff:ff',
            targetAddress: address,
          },
        })
      }),
    )
  })

  test.each([
    ['MAC', 'aa:bb', '10.0.0.1'],
    ['address', '9e:a5:de:f7:99:33', '10.0.0'],
  ])('throws a RangeError for a %s that is none', (_, mac, address) => {
    expect(() => emitGratuitousArp(mac, address)).toThrow(RangeError)
  })
})

describe('ARP', () => {
  test('a reply is told from a request, padding is ignored', () => {
    const frame = new Uint8Array(60)
    frame.set(fromHex(KEEPALIVED))
    frame[21] = 2
    expect(parseArp(frame)).toMatchObject({ ok: true, arp: { operation: 'reply', senderAddress: '10.10.74.74' } })
  })

  test('cut off at each length: truncated', () => {
    const whole = fromHex(KEEPALIVED)
    for (let length = 0; length < whole.length; length++) {
      expect(parseArp(whole.subarray(0, length))).toEqual({ ok: false, reason: 'truncated' })
    }
  })

  test.each([
    ['another EtherType', 13, 0x00, 'etherType'],
    ['another hardware type', 15, 6, 'hardware'],
    ['another protocol type', 17, 1, 'hardware'],
    ['another address length', 19, 16, 'hardware'],
    ['another operation', 21, 3, 'operation'],
  ])('%s is refused', (_, at, value, reason) => {
    const frame = fromHex(KEEPALIVED)
    frame[at] = value
    expect(parseArp(frame)).toEqual({ ok: false, reason })
  })

  test('fuzz: never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (frame) => void parseArp(frame)),
      { numRuns: 1000 },
    )
  })
})

test('RFC 5227 §2.1.1: a probe asks everybody from 0.0.0.0, with a target MAC of zero', () => {
  const frame = emitArpRequest('9e:a5:de:f7:99:33', '0.0.0.0', '10.10.74.74')
  expect(formatMac(frame.subarray(0, 6))).toBe('ff:ff:ff:ff:ff:ff')
  expect(parseArp(frame)).toEqual({
    ok: true,
    arp: {
      operation: 'request',
      senderMac: '9e:a5:de:f7:99:33',
      senderAddress: '0.0.0.0',
      targetMac: '00:00:00:00:00:00',
      targetAddress: '10.10.74.74',
    },
  })
  expect(() => emitArpRequest('9e:a5:de:f7:99:33', '0.0.0', '10.10.74.74')).toThrow(RangeError)
})
