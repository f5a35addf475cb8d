import { describe, expect, it } from 'vitest'
import { connectionOf, pinOf, placeOf, trafficOf } from '../../../../actors/fast-path/kernel/listing.ts'
import { keyOfConnection } from '../../../../actors/fast-path/ruleset/connection-key.ts'
import type { NftElement } from '../../../../runtime/ports/nft/nft.ts'
import { connectionElement, pinElement, placeElement } from '../elements.ts'

const nothing: NftElement = { key: Buffer.alloc(0), data: Buffer.alloc(0), expiresMs: null, counter: null }

describe('an element of the pins', () => {
  it('has the client, its node, whether it is divided, and the whole seconds it has left', () => {
    expect(pinOf(pinElement('10.0.0.1', 2, 12.9))).toEqual([{ client: '10.0.0.1', mark: 2, expiresS: 12 }])
    expect(pinOf(pinElement('2001:db8::1', 64))).toEqual([{ client: '2001:db8::1', mark: 64 }])
    expect(pinOf(pinElement('10.0.0.1', 0x102))).toEqual([{ client: '10.0.0.1', mark: 2, divided: true }])
  })

  it('is none that says something else', () => {
    expect(pinOf(nothing)).toEqual([])
    expect(pinOf({ ...pinElement('10.0.0.1', 2), data: Buffer.alloc(3) })).toEqual([])
    expect(pinOf({ ...pinElement('10.0.0.1', 2), key: Buffer.alloc(5) })).toEqual([])
  })
})

describe('an element of the connections', () => {
  it('has the key by which it is written, and its node', () => {
    const { key } = keyOfConnection({ client: '10.0.0.9', clientPort: 40_000, virtualIp: '10.0.0.5', originalPort: 80 })
    const words = [0x0a000009, 40_000 * 2 ** 16, 0x0a000005, 80 * 2 ** 16] as const
    expect(connectionOf(4, connectionElement(words, 0x202))).toEqual([{ family: 4, key, mark: 2, expiresS: 12 }])
  })

  it('of IPv6 is four numbers', () => {
    const ends = { client: 'fd00::9', clientPort: 40_000, virtualIp: 'fd00::5', originalPort: 80 }
    const { key } = keyOfConnection(ends)
    const words = key.split(' . ').map(Number) as unknown as readonly [number, number, number, number]
    expect(connectionOf(6, connectionElement(words, 2))).toEqual([{ family: 6, key, mark: 2, expiresS: 12 }])
  })

  it('is none that says something else', () => {
    expect(connectionOf(4, nothing)).toEqual([])
    expect(connectionOf(6, pinElement('fd00::9', 2))).toHaveLength(1)
    expect(connectionOf(6, pinElement('10.0.0.1', 2))).toEqual([])
  })
})

describe('an element of the nodes', () => {
  it('has the MAC of a mark, and what was counted for it', () => {
    const place = placeElement(2, '02:00:00:00:00:02', 3, 400)
    expect(placeOf(place)).toEqual([[2, '02:00:00:00:00:02']])
    expect(trafficOf(place)).toEqual([{ mark: 2, packets: 3, bytes: 400 }])
  })

  it('is none that says something else', () => {
    expect(placeOf(nothing)).toEqual([])
    expect(trafficOf({ ...placeElement(2, '02:00:00:00:00:02'), counter: null })).toEqual([])
  })
})
