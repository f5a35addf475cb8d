import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeAttribute } from '../../../../../runtime/ports/netlink/linux/netlink-messages.ts'
import {
  encodeDeleteAddress,
  encodeGetAddresses,
  encodeGetLink,
  encodeNewAddress,
  parseAddress,
  parseLink,
} from '../../../../../runtime/ports/netlink/linux/rtnetlink-messages.ts'

const VIP = { interfaceIndex: 3, address: '10.77.0.10', prefixLength: 24 }
const VIP6 = { interfaceIndex: 258, address: 'fd00::10', prefixLength: 64 }
const VIP6_BYTES = `fd${'00'.repeat(14)}10`

test('a VIP with a lifetime carries it as preferred and as valid seconds', () => {
  const body = encodeNewAddress(VIP, 5)
  expect(body.ok && body.value.toString('hex')).toBe(
    '02180000' +
      '03000000' +
      '08000200' +
      '0a4d000a' +
      '08000100' +
      '0a4d000a' +
      '14000600' +
      '0500000005000000'.padEnd(32, '0'),
  )
})

test('a VIP for ever carries an infinite lifetime, so that it also ends an earlier limit', () => {
  const body = encodeNewAddress(VIP, null)
  expect(body.ok && body.value.toString('hex').slice(-32)).toBe('ffffffffffffffff'.padEnd(32, '0'))
})

test('an IPv6 VIP asks for no duplicate address detection', () => {
  const body = encodeNewAddress(VIP6, 5)
  expect(body.ok && body.value.toString('hex')).toMatch(
    new RegExp(`^0a4002000201000014000200${VIP6_BYTES}14000100${VIP6_BYTES}14000600`),
  )
})

test('an IPv6 VIP is never preferred as a source (RFC 6724 §5), and can leave the route to its prefix to another address', () => {
  const lifetimes = `14000600${'0000000005000000'.padEnd(32, '0')}`
  const [bringing, leaving] = [encodeNewAddress(VIP6, 5), encodeNewAddress(VIP6, 5, false)]
  expect(bringing.ok && bringing.value.toString('hex').slice(-40)).toBe(lifetimes)
  expect(leaving.ok && leaving.value.toString('hex').slice(-56)).toBe(`${lifetimes}0800080002020000`)
})

test('a removal names address, prefix and interface and nothing else', () => {
  const body = encodeDeleteAddress(VIP)
  expect(body.ok && body.value.toString('hex')).toBe(
    '0218000003000000' + '08000200' + '0a4d000a' + '08000100' + '0a4d000a',
  )
})

test.each([
  ['an address that is none', { ...VIP, address: '10.77.0' }, 5],
  ['a prefix longer than the address', { ...VIP, prefixLength: 33 }, 5],
  ['a prefix that is not whole', { ...VIP, prefixLength: 24.5 }, 5],
  ['a lifetime of zero', VIP, 0],
  ['a lifetime that is not whole', VIP, 1.5],
  ['a lifetime that would mean for ever', VIP, 0xffffffff],
])('%s is refused', (_title, change, lifetime) => {
  expect(encodeNewAddress(change, lifetime)).toMatchObject({ ok: false, code: 'EINVAL' })
})

test('a link is asked for by its name', () => {
  expect(encodeGetLink('eth0')?.toString('hex')).toBe(`${'00'.repeat(16)}090003006574683000000000`)
  expect(encodeGetLink('123456789012345')).toBeDefined()
})

test.each(['', '1234567890123456', 'eth0\0x'])('no interface can be called %j', (name) => {
  expect(encodeGetLink(name)).toBeUndefined()
})

function link(flags: number, ...attributes: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(16)
  header.writeInt32LE(3, 4)
  header.writeUInt32LE(flags, 8)
  return Buffer.concat([header, ...attributes])
}
const NAME = encodeAttribute(3, Buffer.from('eth0\0'))
const MTU = encodeAttribute(4, Uint8Array.of(0xdc, 0x05, 0, 0))
const MAC = encodeAttribute(1, Uint8Array.of(2, 0, 0, 0, 0, 0xab))

test('a link is read with its index, name, MAC and MTU', () => {
  expect(parseLink(link(0x10043, NAME, MTU, MAC))).toEqual({
    index: 3,
    name: 'eth0',
    mac: '02:00:00:00:00:ab',
    mtu: 1500,
    up: true,
  })
})

test('a link is up only when it is set up and has a carrier', () => {
  expect(parseLink(link(0x1, NAME, MTU, MAC))?.up).toBe(false)
  expect(parseLink(link(0x10000, NAME, MTU, MAC))?.up).toBe(false)
})

test('a link without a MAC (a tunnel) has an empty one', () => {
  expect(parseLink(link(0x10001, NAME, MTU))?.mac).toBe('')
})

test('a link whose description lacks name or MTU is not one', () => {
  expect(parseLink(link(0x10001, MTU))).toBeUndefined()
  expect(parseLink(link(0x10001, NAME))).toBeUndefined()
})

function address(family: number, ...attributes: readonly Buffer[]): Buffer {
  return Buffer.concat([Uint8Array.of(family, 24, 0, 0, 3, 0, 0, 0), ...attributes])
}
const cacheInfo = (valid: number) => {
  const value = Buffer.alloc(16)
  value.writeUInt32LE(valid, 4)
  return encodeAttribute(6, value)
}

test('an address is read with what is left of its lifetime', () => {
  const local = encodeAttribute(2, Uint8Array.of(10, 77, 0, 10))
  expect(parseAddress(address(2, local, cacheInfo(4)))).toEqual({
    family: 4,
    address: '10.77.0.10',
    prefixLength: 24,
    validLifetimeS: 4,
    interfaceIndex: 3,
    noDad: false,
  })
  expect(parseAddress(address(2, local, cacheInfo(0xffffffff)))?.validLifetimeS).toBeNull()
  expect(parseAddress(address(2, local))?.validLifetimeS).toBeNull()
})

test('on a point-to-point link our own address is read, not that of the peer', () => {
  const own = encodeAttribute(2, Uint8Array.of(10, 77, 0, 10))
  const peer = encodeAttribute(1, Uint8Array.of(10, 77, 0, 99))
  expect(parseAddress(address(2, peer, own))?.address).toBe('10.77.0.10')
})

test('an IPv6 address has no IFA_LOCAL and is read all the same', () => {
  const own = encodeAttribute(1, Buffer.from(VIP6_BYTES, 'hex'))
  expect(parseAddress(address(10, own))).toMatchObject({ family: 6, address: 'fd00::10' })
})

test('an address of another family or length is left out', () => {
  expect(parseAddress(address(2, encodeAttribute(2, new Uint8Array(16))))).toBeUndefined()
  expect(parseAddress(address(28, encodeAttribute(2, new Uint8Array(4))))).toBeUndefined()
  expect(parseAddress(address(2))).toBeUndefined()
})

test('what is written can be read', () => {
  for (const change of [VIP, VIP6]) {
    const body = encodeNewAddress(change, 30)
    expect(body.ok && parseAddress(body.value)).toMatchObject({ ...change, validLifetimeS: 30 })
  }
  expect(encodeGetAddresses()).toEqual(Buffer.alloc(8))
})

test('no bytes whatever make the parsers throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      parseLink(Buffer.from(bytes))
      parseAddress(Buffer.from(bytes))
    }),
  )
})
