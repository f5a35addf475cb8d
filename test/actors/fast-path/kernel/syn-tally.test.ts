import { expect, test } from 'vitest'
import { SynTally } from '../../../../actors/fast-path/kernel/syn-tally.ts'

const addresses = new Map([
  [1, '10.0.0.1'],
  [2, '10.0.0.2'],
])
const counted = (...packets: readonly number[]) =>
  packets.map((count, index) => ({ mark: index + 1, packets: count, bytes: 60 * count }))

test('connections go on being counted where the kernel begins anew, and where a node is left out for a while', () => {
  const tally = new SynTally()
  tally.note(counted(3, 5), addresses)
  tally.note(counted(4, 5), addresses)
  expect([tally.of('10.0.0.1'), tally.of('10.0.0.2')]).toEqual([4, 5])
  tally.note(counted(1), addresses)
  expect([tally.of('10.0.0.1'), tally.of('10.0.0.2')]).toEqual([5, 5])
  tally.note(counted(1, 2), addresses)
  expect(tally.of('10.0.0.2')).toBe(7)
})

test('a node that is not known any more is forgotten', () => {
  const tally = new SynTally()
  tally.note(counted(3, 5), addresses)
  tally.note(counted(3), new Map([[1, '10.0.0.1']]))
  tally.note(counted(3, 1), addresses)
  expect(tally.of('10.0.0.2')).toBe(1)
})
