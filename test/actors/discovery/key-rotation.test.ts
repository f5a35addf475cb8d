import { expect, it } from 'vitest'
import { SimulatedGroup } from './simulated-group.ts'

const [A, B, C] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const
const NODES = [A, B, C]

function rotating(...keys: readonly string[]): SimulatedGroup {
  const group = new SimulatedGroup()
  for (const address of NODES) group.add(address, { keys })
  group.elect(A)
  group.run(3000)
  return group
}
const change = (group: SimulatedGroup, address: string, ...keys: readonly string[]) =>
  group.tell(address, { type: 'configured', options: { ...group.node(address).options, keys } })
const keysAt = (group: SimulatedGroup, address: string) =>
  Object.fromEntries(group.describe(address).members.map(({ address: of, key }) => [of, key]))

it('a key is changed in three steps, node by node in any order, and nobody is missed at any moment', () => {
  const group = rotating('old')
  const steps = [['old', 'new'], ['new', 'old'], ['new']] as const
  for (const [step, keys] of steps.entries()) {
    for (const address of step === 1 ? [C, A, B] : NODES) {
      change(group, address, ...keys)
      for (let ms = 0; ms < 5000; ms += 250) {
        group.run(250)
        for (const at of NODES) expect(Object.values(group.health(at)), `step ${step} at ${at}`).not.toContain('stale')
        expect(Object.keys(group.health(A))).toHaveLength(3)
      }
    }
  }
  for (const address of NODES) {
    expect(group.warnings(address)).toEqual([])
    expect(group.counter(address, 'wrongHmac')).toBe(0)
    expect(group.lines(address).filter((line) => line.includes('failed'))).toEqual([])
  }
})

it('who sends with another key is told, until all send with one', () => {
  const group = rotating('old', 'new')
  expect(keysAt(group, A)).toEqual({ [A]: 'current', [B]: 'current', [C]: 'current' })
  change(group, A, 'new', 'old')
  change(group, B, 'new', 'old')
  group.run(3000)
  expect(keysAt(group, A)).toEqual({ [A]: 'current', [B]: 'current', [C]: 'other' })
  expect(group.warnings(A)).toEqual([
    `cluster.keys: node-87 (${C}) sends with another key than this node: leave both keys on all nodes`,
  ])
  expect(group.warnings(C)).toEqual([
    `cluster.keys: node-70 (${A}) sends with another key than this node: leave both keys on all nodes`,
  ])
  change(group, C, 'new', 'old')
  group.run(3000)
  expect(keysAt(group, A)).toEqual({ [A]: 'current', [B]: 'current', [C]: 'current' })
  for (const address of NODES) expect(group.warnings(address)).toEqual([])
})

it('without a key there is none to tell of', () => {
  expect(keysAt(rotating(), A)).toEqual({ [A]: null, [B]: null, [C]: null })
})

it('a recording that was made by the former key is as old as one by the present one', () => {
  const group = rotating('old', 'new')
  const recorded = group.frames.filter(({ source }) => source === B).at(-1)!
  for (const address of NODES) change(group, address, 'new', 'old')
  group.run(3000)
  group.kill(B)
  group.run(5000)
  expect(group.health(A)[B]).toBe('stale')
  group.transmit({ ...recorded, atMs: group.nowMs })
  group.run(100)
  expect(group.health(A)[B]).toBe('stale')
  expect(group.counter(A, 'replay')).toBe(1)
})
