import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAudience } from '../../../../runtime/wire/beacon/audience.ts'
import {
  BEACON_MAX_BODY_BYTES,
  BEACON_MAX_BYTES,
  BEACON_MAX_FRAGMENTS,
  type BeaconEnvelope,
  type BeaconFragment,
  type BeaconSender,
  openBeacon,
  sealBeacon,
} from '../../../../runtime/wire/beacon/beacon.ts'

const open: BeaconSender = {
  address: '10.10.74.70',
  virtualRouterId: 51,
  epoch: '0123456789abcdef',
  key: null,
  version: 5,
}
const keyed: BeaconSender = { ...open, key: 'secret' }
const mark = { epoch: 'fedcba9876543210', sequence: 9 }
const envelope: BeaconEnvelope = { destination: '10.10.74.86', audience: new Map([['10.10.74.86', mark]]) }
const body = Uint8Array.of(0x93, 1, 2, 3)

const keysOf = (key: string | null) => (key === null ? [] : [key])
const opened = (packet: Uint8Array, key: string | null): BeaconFragment => {
  const result = openBeacon(packet, 51, keysOf(key))
  if (!result.ok) throw new Error(result.reason)
  return result.fragment
}
const reasonOf = (packet: Uint8Array, key: string | null, virtualRouterId = 51) => {
  const result = openBeacon(packet, virtualRouterId, keysOf(key))
  return result.ok ? 'taken' : result.reason
}

describe('the bytes of a beacon', () => {
  it('are these for a report without a key', () => {
    const [packet] = sealBeacon('report', body, 7, open, envelope)
    expect(Buffer.from(packet!).toString('hex')).toBe(
      '50480502' +
        '33000001' +
        '0a0a4a46' +
        '0a0a4a56' +
        '0123456789abcdef' +
        '00000007' +
        '01000000' +
        '0a0a4a56' +
        'fedcba9876543210' +
        '00000009' +
        '93010203',
    )
  })

  it('are these for a report with a key: a flag, and HMAC-SHA-256 over all before it', () => {
    const [packet] = sealBeacon('report', body, 7, keyed, envelope)
    expect(Buffer.from(packet!).toString('hex')).toBe(
      '50480502' +
        '33010001' +
        '0a0a4a46' +
        '0a0a4a56' +
        '0123456789abcdef' +
        '00000007' +
        '01000000' +
        '0a0a4a56' +
        'fedcba9876543210' +
        '00000009' +
        '93010203' +
        '53a59cfb9252c321b4a303786dd17d342d21239be2f023b519ea73c686ba6327',
    )
  })
})

describe('a beacon that was sealed', () => {
  it('opens to what was sealed, with and without a key', () => {
    for (const sender of [open, keyed]) {
      const [packet] = sealBeacon('hello', body, 0xffff_fff0, sender, envelope)
      const fragment = opened(packet!, sender.key)
      expect(fragment).toMatchObject({
        type: 'hello',
        address: '10.10.74.70',
        destination: '10.10.74.86',
        epoch: '0123456789abcdef',
        sequence: 0xffff_fff0,
        index: 0,
        count: 1,
      })
      expect(Uint8Array.from(fragment.body)).toEqual(body)
      expect(parseAudience(fragment.audience)).toEqual(envelope.audience)
    }
  })

  it('is cut into packets of at most 1400 bytes that hold the body in order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: BEACON_MAX_BODY_BYTES }), fc.boolean(), (length, withKey) => {
        const long = Uint8Array.from({ length }, (_, at) => at % 251)
        const sender = withKey ? keyed : open
        const packets = sealBeacon('assignment', long, 100, sender, envelope)
        const fragments = packets.map((packet) => opened(packet, sender.key))
        expect(Math.max(...packets.map((packet) => packet.length))).toBeLessThanOrEqual(BEACON_MAX_BYTES)
        expect(fragments.map(({ sequence, index }) => sequence - index)).toEqual(fragments.map(() => 100))
        expect(fragments.every(({ count }) => count === packets.length)).toBe(true)
        expect(Buffer.concat(fragments.map((fragment) => fragment.body)).equals(long)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('cannot be longer than the most fragments hold', () => {
    expect(sealBeacon('hello', new Uint8Array(BEACON_MAX_BODY_BYTES), 1, open, envelope)).toHaveLength(
      BEACON_MAX_FRAGMENTS,
    )
    expect(() => sealBeacon('hello', new Uint8Array(BEACON_MAX_BODY_BYTES + 1), 1, open, envelope)).toThrow(RangeError)
  })
})

describe('a packet is refused', () => {
  const [plain] = sealBeacon('report', body, 7, open, envelope) as [Uint8Array]
  const [signed] = sealBeacon('report', body, 7, keyed, envelope) as [Uint8Array]
  const changed = (packet: Uint8Array, at: number, value: number) => Uint8Array.from(packet).fill(value, at, at + 1)

  it('when it is longer than any beacon', () => {
    expect(reasonOf(new Uint8Array(BEACON_MAX_BYTES + 1), null)).toBe('oversize')
  })

  it('when it is cut short, at each length of the header', () => {
    for (let length = 0; length < 32; length++) expect(reasonOf(plain.subarray(0, length), null)).toBe('truncated')
  })

  it('when it is cut short, at each length, where a key is set', () => {
    for (let length = 0; length < signed.length; length++) {
      expect(['truncated', 'wrongHmac']).toContain(reasonOf(signed.subarray(0, length), 'secret'))
    }
  })

  it('when any one bit of it is flipped, where a key is set', () => {
    expect(reasonOf(signed, 'secret')).toBe('taken')
    for (let bit = 0; bit < signed.length * 8; bit++) {
      const flipped = Uint8Array.from(signed)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(reasonOf(flipped, 'secret')).not.toBe('taken')
    }
  })

  it('when it was signed with another key', () => {
    expect(reasonOf(signed, 'another')).toBe('wrongHmac')
  })

  it('when only one of the two ends has a key', () => {
    expect(reasonOf(plain, 'secret')).toBe('unauthenticated')
    expect(reasonOf(signed, null)).toBe('unexpectedHmac')
  })

  it('when it is of another virtual router, whatever its key', () => {
    expect(reasonOf(signed, 'another', 52)).toBe('otherVirtualRouter')
  })

  it('when its magic, version, type, flags or fragment numbers are not known', () => {
    expect(reasonOf(changed(plain, 0, 0x51), null)).toBe('notABeacon')
    expect(reasonOf(changed(plain, 2, 1), null)).toBe('unknownVersion')
    expect(reasonOf(changed(plain, 3, 0), null)).toBe('unknownType')
    expect(reasonOf(changed(plain, 3, 8), null)).toBe('unknownType')
    expect(reasonOf(changed(plain, 5, 2), null)).toBe('malformedHeader')
    expect(reasonOf(changed(plain, 6, 1), null)).toBe('malformedHeader')
    expect(reasonOf(changed(plain, 7, 0), null)).toBe('malformedHeader')
    expect(reasonOf(changed(plain, 7, BEACON_MAX_FRAGMENTS + 1), null)).toBe('malformedHeader')
  })

  it('without an exception, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), fc.boolean(), fc.boolean(), (bytes, headed, withKey) => {
        const packet = Uint8Array.from(bytes)
        if (headed) packet.set([0x50, 0x48, 4, 2, 51].slice(0, packet.length))
        const result = openBeacon(packet, 51, withKey ? ['secret', 'new'] : [])
        expect(result.ok && withKey).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('with several keys', () => {
  const keys = ['new', 'secret', 'older', 'oldest']

  it('a beacon is taken that was sealed by any of them, and it is said by which', () => {
    for (const key of keys) {
      const [packet] = sealBeacon('report', body, 7, { ...open, key }, envelope)
      expect(openBeacon(packet!, 51, keys)).toMatchObject({ ok: true, key, fragment: { sequence: 7 } })
    }
  })

  it('one without a key, or by a key that is none of them, is refused', () => {
    const reasons = [null, 'another'].map((key) => {
      const [packet] = sealBeacon('report', body, 7, { ...open, key }, envelope)
      return openBeacon(packet!, 51, keys)
    })
    expect(reasons).toEqual([
      { ok: false, reason: 'unauthenticated' },
      { ok: false, reason: 'wrongHmac' },
    ])
  })

  it('a change of any byte of it makes it wrong', () => {
    const [packet] = sealBeacon('report', body, 7, { ...open, key: 'secret' }, envelope) as [Uint8Array]
    fc.assert(
      fc.property(fc.integer({ min: 0, max: packet.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Uint8Array.from(packet)
        changed[at] = changed[at]! ^ by
        expect(openBeacon(changed, 51, keys).ok).toBe(false)
      }),
    )
  })
})
