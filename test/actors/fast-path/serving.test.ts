import { expect, test } from 'vitest'
import { group, heard, role, SILENT, Stepped } from './stepped.ts'

const own = () => new Uint8Array(4096).fill(1)
const OWN = { type: 'serving', serving: true, mayLead: true }
const LENT = { type: 'serving', serving: true, mayLead: false }
const NOT = { type: 'serving', serving: false, mayLead: false }
const alone = () => group({ nodes: group().nodes.filter(({ self }) => self), slots: own() })

test('new clients may come once the kernel takes frames from all nodes of the group', () => {
  const fastPath = new Stepped().started().give(role('scanning')).give(group())
  expect(fastPath.servings).toEqual([])
  expect(fastPath.settle().servings).toEqual([OWN])
})

test('a node that nobody has told of another one yet takes frames from nobody', () => {
  const fastPath = new Stepped().started().give(role('scanning')).give(alone()).settle()
  expect(fastPath.servings).toEqual([])
  expect(fastPath.give(group()).settle().servings).toEqual([OWN])
})

test('the only node of a group serves when it leads', () => {
  const fastPath = new Stepped().started().give(role('scanning')).give(alone()).settle().give(role('director')).settle()
  expect(fastPath.servings).toEqual([OWN])
})

test('the tables of a predecessor serve meanwhile; who leads has to have its own', () => {
  const fastPath = new Stepped().started({ present: true, directed: [], pins: [], connections: [] })
  expect(fastPath.servings).toEqual([LENT])
  expect(fastPath.give(role('scanning')).give(group()).settle().servings).toEqual([LENT, OWN])
})

test('a kernel that refuses later keeps what it has: nothing is said of it', () => {
  const fastPath = new Stepped().running().give(group({ slots: own() }))
  fastPath.take('apply')
  fastPath.give({ type: 'applied', result: { ok: false, code: 'EPERM', reason: 'no' } })
  expect(fastPath.servings).toEqual([OWN])
})

test('discovery that has just started is told', () => {
  const fastPath = new Stepped().give({ type: 'discoveryUp' })
  expect(fastPath.servings).toEqual([NOT])
  expect(new Stepped().running().give({ type: 'discoveryUp' }).servings).toEqual([OWN, OWN])
})

test('at an ordered stop nothing ends before the slots are with others, and SYNs that were under way have come', () => {
  const fastPath = new Stepped()
    .running(group({ slots: own() }))
    .give({ type: 'stop' })
    .settle()
  expect(fastPath.servings).toEqual([OWN, NOT])
  fastPath.take('readClients')
  fastPath.give(group()).settle()
  expect(fastPath.take('readClients')).toBeUndefined()
  fastPath.expire('leaving')
  expect(fastPath.take('readClients')).toBeDefined()
  fastPath.give({ type: 'clientsRead', clients: { ok: true, value: heard() } })
  expect(fastPath.take('remove')).toBeDefined()
})

test('a director that does not hear of it is waited for 2 s', () => {
  const fastPath = new Stepped()
    .running(group({ slots: own() }))
    .give({ type: 'stop' })
    .settle()
  expect(fastPath.asked).toContainEqual(expect.objectContaining({ timer: 'leaving', delayMs: 2000 }))
  fastPath.expire('leaving')
  expect(fastPath.take('readClients')).toBeDefined()
})

test('nobody is waited for where no other node takes new clients', () => {
  const [self, other] = group().nodes
  const others = group({ nodes: [self!, { ...other!, ...SILENT }], slots: own() })
  for (const message of [alone(), others]) {
    const fastPath = new Stepped().running(message).give({ type: 'stop' })
    expect(fastPath.state.timers.has('leaving')).toBe(false)
  }
})
