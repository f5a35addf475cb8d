import { expect, it } from 'vitest'
import { type SimulatedGroup, settledGroup } from './simulated-group.ts'

const [A, B, C] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const
const told = { type: 'holders', all: false, holders: [{ client: '10.1.0.9', connections: 30 }] } as const

const settled = (tellsFastPath: boolean) => settledGroup([A, B, C], { tellsFastPath })
const heardBy = (group: SimulatedGroup, address: string) =>
  group.node(address).toFastPath.filter(({ type }) => type === 'holdersOf')

it('who has most connections to a node is told to its own fast path and to that of the director, and to nobody else', () => {
  const group = settled(true)
  group.tell(B, told)
  group.run(10)
  const word = { ...told, type: 'holdersOf', address: B }
  expect([heardBy(group, A), heardBy(group, B), heardBy(group, C)]).toEqual([[word], [word], []])
  group.tell(A, told)
  group.run(10)
  expect(heardBy(group, A)).toEqual([word, { ...word, address: A }])
  expect(heardBy(group, B)).toEqual([word])
})

it('is of no use in workers mode, where the director has all connections: counted, and left', () => {
  const group = settled(false)
  group.tell(B, told)
  group.run(10)
  expect(heardBy(group, A)).toEqual([])
  expect(group.counter(A, 'holdersIgnored')).toBe(1)
})
