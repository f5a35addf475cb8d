import { expect, test } from 'vitest'
import { PackedPins } from '../../../../actors/fast-path/kernel/packed-pins.ts'
import { pinElement } from '../elements.ts'

test('pins come back as they were put in, of both families, however many', () => {
  const packed = new PackedPins()
  const clients = Array.from({ length: 20_000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`)
  for (const [index, client] of clients.entries()) packed.add(pinElement(client, 1 + (index % 64), 600))
  packed.add(pinElement('fd00::1', 0x102, 12.5))
  packed.add(pinElement('fd00::2', 3))
  expect(packed.length).toBe(20_002)
  expect(packed.slice(8191, 8193)).toEqual([
    { client: clients[8191], mark: 1 + (8191 % 64), expiresS: 600 },
    { client: clients[8192], mark: 1 + (8192 % 64), expiresS: 600 },
  ])
  expect(packed.slice(20_000, 30_000)).toEqual([
    { client: 'fd00::1', mark: 2, divided: true, expiresS: 12 },
    { client: 'fd00::2', mark: 3 },
  ])
  expect(packed.slice(30_000, 30_010)).toEqual([])
})

test('what is no pin is not put in', () => {
  const packed = new PackedPins()
  packed.add({ ...pinElement('10.0.0.1', 1), data: Buffer.alloc(2) })
  expect(packed.length).toBe(0)
})
