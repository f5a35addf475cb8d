import { expect, test } from 'vitest'
import { Holders } from '../../../actors/fast-path/holders.ts'

const [A, B] = ['10.0.0.1', '10.0.0.2'] as const
const holder = (client: string, connections: number) => ({ client, connections })
const says = (address: string, all: boolean, ...holders: readonly ReturnType<typeof holder>[]) =>
  ({ type: 'holdersOf', address, all, holders }) as const
const LATER = 10_000

test('the connections of a client are those at all nodes', () => {
  const holders = new Holders()
  holders.note(says(A, true, holder('10.1.0.1', 3)), 0)
  holders.note(says(B, false, holder('10.1.0.1', 2)), 0)
  expect(holders.connectionsOf('10.1.0.1', [A, B], 1000, LATER)).toBe(5)
})

test('who is not named has none where all nodes name all of theirs, else that is not known', () => {
  const holders = new Holders()
  expect(holders.connectionsOf('10.1.0.2', [A], null, LATER)).toBeNull()
  holders.note(says(A, true, holder('10.1.0.1', 3)), 0)
  expect(holders.connectionsOf('10.1.0.2', [A], null, LATER)).toBe(0)
  expect(holders.connectionsOf('10.1.0.2', [A, B], null, LATER)).toBeNull()
  holders.note(says(B, false, holder('10.1.0.1', 2)), 0)
  expect(holders.connectionsOf('10.1.0.2', [A, B], null, LATER)).toBeNull()
})

test('who has sent something since its node has looked may have one', () => {
  const holders = new Holders()
  holders.note(says(A, true), 9000)
  expect(holders.connectionsOf('10.1.0.2', [A], 500, LATER)).toBeNull()
  expect(holders.connectionsOf('10.1.0.2', [A], 9000, LATER)).toBe(0)
})

test('those with most are told, of the nodes that are asked for; null while none has said anything', () => {
  const holders = new Holders()
  expect(holders.heaviest([A, B])).toBeNull()
  holders.note(says(A, true, ...Array.from({ length: 20 }, (_, index) => holder(`10.1.0.${index}`, index + 1))), 0)
  holders.note(says(B, true, holder('10.1.0.3', 99)), 0)
  const told = holders.heaviest([A, B])!
  expect(told).toHaveLength(8)
  expect(told.slice(0, 2)).toEqual([
    { client: '10.1.0.3', node: B, connections: 99 },
    { client: '10.1.0.19', node: A, connections: 20 },
  ])
  expect(holders.heaviest([B])).toHaveLength(1)
})

test('as many nodes are kept as a group may have', () => {
  const holders = new Holders()
  for (let node = 0; node < 65; node++) holders.note(says(`10.0.1.${node}`, true, holder('10.1.0.1', 1)), 0)
  expect(holders.heaviest(['10.0.1.0'])).toBeNull()
  expect(holders.heaviest(['10.0.1.64'])).toHaveLength(1)
})
