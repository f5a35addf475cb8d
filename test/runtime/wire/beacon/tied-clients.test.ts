import { expect, it } from 'vitest'
import { packTied, parseTied, type TiedClient } from '../../../../runtime/wire/beacon/tied-clients.ts'
import { MAX_TIED } from '../../../../runtime/wire/group-bounds.ts'

const tied: readonly TiedClient[] = [
  { client: '10.10.1.7', node: '10.10.74.70' },
  { client: '10.10.1.8', node: '10.10.74.86' },
  { client: 'fd00::7', node: '10.10.74.86' },
]

it('tied clients are unpacked to what was packed', () => {
  expect(parseTied(packTied(tied))).toEqual(tied)
  expect(Buffer.from(packTied(tied)[0] as Uint8Array).toString('hex')).toBe('0a0a01070a0a4a460a0a01080a0a4a56')
})

it('are as many as an assignment may carry; what is beyond is left out', () => {
  const many = Array.from({ length: MAX_TIED + 1 }, (_, index) => ({
    client: `10.10.${index >> 8}.${index & 255}`,
    node: '10.10.74.70',
  }))
  expect(parseTied(packTied(many))).toEqual(many.slice(0, MAX_TIED))
  const [one] = packTied(many.slice(0, MAX_TIED)) as [Uint8Array]
  const [other] = packTied(many.slice(MAX_TIED)) as [Uint8Array]
  expect(parseTied([Buffer.concat([one, other]), new Uint8Array()])).toBeUndefined()
})

it.each([
  ['a part of a client', [new Uint8Array(7), new Uint8Array()]],
  ['one list only', [new Uint8Array(8)]],
  ['no bytes', [[], []]],
  ['a client twice', [Buffer.from('0a0a01070a0a4a460a0a01070a0a4a56', 'hex'), new Uint8Array()]],
])('refuses %s', (_, values) => {
  expect(parseTied(values)).toBeUndefined()
})
