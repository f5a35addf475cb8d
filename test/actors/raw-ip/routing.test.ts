import fc from 'fast-check'
import { expect, test } from 'vitest'
import { electorFor, type VrrpRoute } from '../../../actors/raw-ip/routing.ts'
import { emitIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import { emitIpv6Packet } from '../../../runtime/wire/ipv6.ts'
import { emitAdvertisement } from '../../../runtime/wire/vrrp.ts'

const routes: readonly VrrpRoute[] = [
  { elector: 'elector', family: 'ipv4', virtualRouterId: 51 },
  { elector: 'elector-web', family: 'ipv4', virtualRouterId: 52 },
  { elector: 'elector-v6', family: 'ipv6', virtualRouterId: 52 },
  { elector: 'elector-web6', family: 'ipv6', virtualRouterId: 51 },
]

const [SOURCE, GROUP] = ['10.0.0.2', '224.0.0.18']
const advert = (virtualRouterId: number, version: 2 | 3 = 2) =>
  emitAdvertisement(
    { version, virtualRouterId, priority: 100, advertIntervalCs: 100, addresses: ['10.0.0.9'] },
    { source: SOURCE, destination: GROUP, checksum: 'pseudoHeader' },
  )
const over4 = (virtualRouterId: number, version: 2 | 3 = 2) =>
  emitIpv4Packet({
    source: SOURCE,
    destination: GROUP,
    protocol: 112,
    ttl: 255,
    payload: advert(virtualRouterId, version),
  })

test('an advert goes to the elector of its VRID, in both versions', () => {
  for (const version of [2, 3] as const) {
    expect(electorFor(routes, 'ipv4', over4(51, version))).toBe('elector')
    expect(electorFor(routes, 'ipv4', over4(52, version))).toBe('elector-web')
  }
})

test('a VRID of one family is not that of the other', () => {
  const payload = emitAdvertisement(
    { version: 3, virtualRouterId: 52, priority: 100, advertIntervalCs: 100, addresses: ['2001:db8::9'] },
    { source: 'fe80::2', destination: 'ff02::12', checksum: 'pseudoHeader' },
  )
  const over6 = emitIpv6Packet({ source: 'fe80::2', destination: 'ff02::12', protocol: 112, hopLimit: 255, payload })
  expect(electorFor(routes, 'ipv6', over6)).toBe('elector-v6')
})

test('IP options before the advert are no part of it', () => {
  const plain = over4(52)
  const withOptions = Uint8Array.from([...plain.subarray(0, 20), 1, 1, 1, 1, ...plain.subarray(20)])
  withOptions[0] = 0x46
  expect(electorFor(routes, 'ipv4', withOptions)).toBe('elector-web')
})

test('a VRID of nobody here goes to the first elector of the family, and to no other', () => {
  expect(electorFor(routes, 'ipv4', over4(7))).toBe('elector')
  expect(electorFor(routes.slice(1), 'ipv4', over4(7))).toBe('elector-web')
  expect(electorFor(routes.slice(1), 'ipv6', new Uint8Array(42))).toBe('elector-v6')
})

test('a family that no virtual router has is for nobody', () => {
  expect(electorFor(routes.slice(0, 2), 'ipv6', new Uint8Array(60))).toBeUndefined()
})

test('whatever arrives goes to an elector of its family', () => {
  const anything = fc.uint8Array({ maxLength: 64 })
  fc.assert(
    fc.property(fc.constantFrom('ipv4', 'ipv6'), anything, (family, packet) => {
      const elector = electorFor(routes, family, packet)
      expect(routes.find((route) => route.elector === elector)?.family).toBe(family)
    }),
  )
})
