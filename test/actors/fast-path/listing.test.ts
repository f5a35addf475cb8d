import { describe, expect, it } from 'vitest'
import { parsePins, parseTraffic } from '../../../actors/fast-path/listing.ts'

const listing = (map: object) => JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6' } }, { map }] })

describe('a listing of pins', () => {
  it('has the client, its node, and the seconds it has left', () => {
    const elem = [
      [{ elem: { val: '10.0.0.1', timeout: 600, expires: 12 } }, 2],
      ['2001:db8::1', 64],
    ]
    expect(parsePins(listing({ name: 'pins4', elem }))).toEqual([
      { client: '10.0.0.1', mark: 2, expiresS: 12 },
      { client: '2001:db8::1', mark: 64 },
    ])
  })

  it('of an empty map is empty', () => {
    expect(parsePins(listing({ name: 'pins4' }))).toEqual([])
  })

  it.each(['', 'null', '[]', '{}', '{"nftables":7}', '{"nftables":[{"set":{}}]}', listing({ elem: 3 })])(
    'is not %j',
    (text) => {
      expect(parsePins(text)).toBeUndefined()
      expect(parseTraffic(text)).toBeUndefined()
    },
  )

  it('passes over an element that says something else', () => {
    const elem = [7, ['10.0.0.1'], [{ elem: {} }, 2], ['10.0.0.2', 3]]
    expect(parsePins(listing({ elem }))).toEqual([{ client: '10.0.0.2', mark: 3 }])
  })
})

describe('a listing of traffic', () => {
  it('has packets and bytes of each node', () => {
    const elem = [
      [{ elem: { val: 2, counter: { packets: 3, bytes: 400 } } }, '02:00:00:00:00:02'],
      [7, '02:00:00:00:00:07'],
    ]
    expect(parseTraffic(listing({ elem }))).toEqual([{ mark: 2, packets: 3, bytes: 400 }])
  })
})
