import { expect, test } from 'vitest'
import { A, B, C } from './agreement.ts'
import { SimulatedGroup } from './simulated-group.ts'

const NEW_MAC = '02:00:00:00:00:77'
/** As soon as packets arrive, long before the next hello. */
const AT_ONCE_MS = 10

function settled(): SimulatedGroup {
  const group = new SimulatedGroup()
  for (const address of [A, B, C]) group.add(address)
  group.elect(A)
  group.run(4500)
  return group
}

const macAt = (group: SimulatedGroup, where: string, of: string) =>
  group.node(where).dispatcher.macs.find(({ address }) => address === of)?.mac

test('a scanning node has another MAC: the director and every other node go by it at once', () => {
  const group = settled()
  group.tell(B, { type: 'device', mac: NEW_MAC })
  group.run(AT_ONCE_MS)
  expect(macAt(group, A, B)).toBe(NEW_MAC)
  expect(macAt(group, C, B)).toBe(NEW_MAC)
})

test('the director has another MAC: every other node goes by it at once', () => {
  const group = settled()
  group.tell(A, { type: 'device', mac: NEW_MAC })
  group.run(AT_ONCE_MS)
  expect(macAt(group, B, A)).toBe(NEW_MAC)
  expect(macAt(group, C, A)).toBe(NEW_MAC)
})

test('the same MAC is said again by nobody', () => {
  const group = settled()
  const before = group.frames.length
  group.tell(B, { type: 'device', mac: group.node(B).options.mac })
  group.run(AT_ONCE_MS)
  expect(group.frames.length).toBe(before)
})

test('all that is moved by it is the MAC: no slot, and nothing that a person would read', () => {
  const group = settled()
  const [owners, lines] = [group.owners(A), group.lines(A).length]
  group.tell(B, { type: 'device', mac: NEW_MAC })
  group.run(5000)
  expect(group.owners(A)).toEqual(owners)
  expect(group.lines(A)).toHaveLength(lines)
})

test('a node that goes by another address is no second one: it keeps its slots, and nobody has failed', () => {
  const group = settled()
  const NEW = '10.10.74.99'
  const node = group.node(B)
  const owners = group.owners(A)
  group.tell(B, { type: 'device', mac: '02:00:00:00:00:02' })
  group.run(AT_ONCE_MS)
  group.kill(B)
  group.add(NEW, { ...node.options, managementIp: NEW, mac: '02:00:00:00:00:02' })
  group.assume(NEW, A)
  group.run(2500)
  expect(group.health(A)).toEqual({ [A]: 'ok', [C]: 'ok', [NEW]: 'ok' })
  expect(group.owners(A)).toEqual(owners.map((owner) => (owner === B ? NEW : owner)))
  expect(group.lines(A).filter((line) => line.includes('has failed'))).toEqual([])
})
