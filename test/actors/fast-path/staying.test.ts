import { expect, test } from 'vitest'
import { done, refused } from '../../../runtime/ports/result.ts'
import { parseClientKey, slotOfKey } from '../../../runtime/table/client-key.ts'
import { group, heard, lookOf, OTHER, role, Stepped } from './stepped.ts'

const OWN_MARK = 1
const OTHER_MARK = 2
const CLIENT = '10.0.9.1'
const SECOND = '10.0.9.2'

/** All slots are the other node's but those of these clients. */
const slotsKeeping = (...clients: readonly string[]) => {
  const slots = new Uint8Array(4096).fill(OTHER_MARK)
  for (const client of clients) slots[slotOfKey(...parseClientKey(client)!)] = OWN_MARK
  return slots
}
const ownSlots = () => new Uint8Array(4096).fill(OWN_MARK)
const read = (...clients: readonly string[]) =>
  ({ type: 'clientsRead', clients: { ok: true, value: heard(...clients) } }) as const
const staysWithOther = {
  type: 'clientsOf',
  address: '10.0.0.2',
  all: false,
  generation: 3,
  clients: heard(CLIENT),
} as const

const running = () => new Stepped().running(group({ slots: ownSlots() }))

test('slots have moved: the clients whose slot is another node’s by now are told to all, and asked for again a second later', () => {
  const fastPath = running().give(group({ slots: slotsKeeping(SECOND) }))
  expect(fastPath.take('readClients')).toBeDefined()
  expect(fastPath.give(read(CLIENT, SECOND)).take('send')?.message).toEqual({
    type: 'clients',
    all: false,
    generation: 3,
    clients: heard(CLIENT),
  })
  fastPath.settle().expire('askAgain')
  expect(fastPath.take('readClients')).toBeDefined()
})

test('that nobody has to stay is told once: it takes back what was said before, by a predecessor too', () => {
  const fastPath = running()
    .give(group({ slots: slotsKeeping(CLIENT) }))
    .give(read(CLIENT))
  expect(fastPath.take('send')?.message.clients).toEqual([])
  expect(fastPath.give(read(CLIENT)).take('send')).toBeUndefined()
  fastPath
    .give(group({ slots: slotsKeeping() }))
    .give(read(CLIENT))
    .settle()
  expect(fastPath.take('send')?.message.clients).toEqual(heard(CLIENT))
  expect(fastPath.give(read()).take('send')?.message.clients).toEqual([])
  expect(fastPath.give(read()).take('send')).toBeUndefined()
})

test.each([
  ['this host', 500, OWN_MARK],
  ['the other', 1500, OTHER_MARK],
])('of two nodes that name a client the one counts that has heard it last: %s', (_, silentMs, mark) => {
  const fastPath = running().give(role('director')).settle().give(staysWithOther)
  fastPath.take('addPins')
  fastPath.give({ type: 'pinsAdded', result: done }).settle()
  fastPath.give({ type: 'clientsRead', clients: { ok: true, value: [{ address: CLIENT, silentMs }] } })
  expect(fastPath.take('addPins')?.pins).toEqual([{ client: CLIENT, mark }])
})

test('a client that another node names, too, is named although its slot is here', () => {
  const fastPath = running().give(staysWithOther).give(read(CLIENT, SECOND))
  expect(fastPath.take('send')?.message.clients).toEqual(heard(CLIENT))
  fastPath.give({ ...staysWithOther, clients: [] }).give(read(CLIENT, SECOND))
  expect(fastPath.take('send')?.message.clients).toEqual([])
})

test('who has just started hears at once who else has its clients; but not of one that has just started, or stops', () => {
  const started = { ...staysWithOther, all: true }
  expect(running().give(started).take('readClients')).toBeDefined()
  expect(running().give(staysWithOther).take('readClients')).toBeUndefined()
  const stopping = running().give({ type: 'stop' })
  stopping.take('readClients')
  expect(stopping.give(started).take('readClients')).toBeUndefined()
  const young = new Stepped().started({ present: true, pins: [] })
  young.take('readClients')
  expect(young.give(started).take('readClients')).toBeUndefined()
})

test('a message that changes no slot asks for nothing', () => {
  const fastPath = running().give(group({ slots: ownSlots(), generation: 9 }))
  expect(fastPath.take('readClients')).toBeUndefined()
})

test('whoever becomes director pins those that have to stay when all have spoken anew: one was cut off, and is wrong', () => {
  const fastPath = running().give(staysWithOther).give(role('director'))
  expect(fastPath.take('apply')?.script).not.toContain(CLIENT)
  fastPath
    .give({ type: 'applied', result: done })
    .settle()
    .give({ ...staysWithOther, clients: heard(SECOND) })
  expect(fastPath.take('addPins')?.pins).toEqual([{ client: SECOND, mark: OTHER_MARK }])
})

test('its own clients are pinned when the others have said who is theirs, before what begins no connection is let through', () => {
  const fastPath = new Stepped().running(group({ slots: slotsKeeping() }))
  fastPath.clients = [CLIENT]
  expect(fastPath.give(role('director')).take('apply')?.script).not.toContain(CLIENT)
  fastPath.give({ type: 'applied', result: done }).settle()
  expect(fastPath.take('addPins')).toBeUndefined()
  fastPath.give({ ...staysWithOther, clients: heard(SECOND) })
  expect(fastPath.take('apply')).toBeUndefined()
  expect(fastPath.take('addPins')?.pins).toEqual([
    { client: CLIENT, mark: OWN_MARK },
    { client: SECOND, mark: OTHER_MARK },
  ])
  expect(fastPath.give({ type: 'pinsAdded', result: done }).take('apply')?.script).toContain('spread4')
})

test('another director is told at once who has to stay, and every five seconds', () => {
  const fastPath = new Stepped().running(group({ slots: slotsKeeping() }))
  fastPath.clients = [CLIENT]
  fastPath.give({ ...role('scanning'), masterAddress: '10.0.0.2', masterPriority: 90 })
  expect(fastPath.take('send')?.message.clients).toEqual(heard(CLIENT))
  fastPath.give(group({ slots: ownSlots() })).expire('askAgain')
  expect(fastPath.asked.findLast(({ type }) => type === 'startTimer')).toMatchObject({
    timer: 'askAgain',
    delayMs: 5000,
  })
})

test('a director pins them at once, and before their slots move', () => {
  const fastPath = running().give(role('director')).settle().give(staysWithOther)
  expect(fastPath.take('addPins')?.pins).toEqual([{ client: CLIENT, mark: OTHER_MARK }])
  fastPath.give(group({ slots: slotsKeeping(CLIENT) }))
  expect(fastPath.take('apply')).toBeUndefined()
  fastPath.give({ type: 'pinsAdded', result: done }).expire('settle')
  expect(fastPath.take('apply')?.script).toContain('slots')
})

test('pins that were refused, because somebody removed the table meanwhile, are tried again', () => {
  const fastPath = running().give(role('director')).settle().give(staysWithOther)
  fastPath.take('addPins')
  fastPath.give({ type: 'pinsAdded', result: refused('EREJECTED', 'No such file') })
  expect([...fastPath.state.problems.values()]).toEqual([expect.stringContaining('No such file')])
  expect(fastPath.take('addPins')).toBeUndefined()
  expect(fastPath.expire('retry').take('addPins')).toBeDefined()
  expect(fastPath.give({ type: 'pinsAdded', result: done }).state.problems.size).toBe(0)
})

test('a director moves a slot between nodes that work only after those who have to stay were named; from a dead one at once', () => {
  const fastPath = running().give(role('director')).settle()
  fastPath.give(group({ slots: slotsKeeping() }))
  expect(fastPath.take('apply')).toBeUndefined()
  expect(fastPath.asked).toContainEqual(expect.objectContaining({ timer: 'settle', delayMs: 300 }))
  expect(fastPath.expire('settle').take('apply')).toBeDefined()
  fastPath.give({ type: 'applied', result: done }).settle()

  const nodes = group().nodes.map((node) => (node.self ? node : { ...node, eligible: false }))
  fastPath.give(group({ nodes, slots: ownSlots() }))
  expect(fastPath.take('apply')?.script).toMatch(/add element netdev proxyha slots \{ 0 : 1/)
})

test('what a node says replaces what it said before', () => {
  const fastPath = running()
    .give(staysWithOther)
    .give({ ...staysWithOther, clients: heard(SECOND) })
  expect(fastPath.state.staying.get('10.0.0.2')?.clients).toEqual(new Map([[SECOND, -1000]]))
})

test('what a node says before it has a place is pinned when the kernel knows that place', () => {
  const nodes = group().nodes
  const alone = group({ nodes: nodes.filter(({ self }) => self), slots: slotsKeeping() })
  const fastPath = new Stepped().running(alone).give(role('director')).settle().give(staysWithOther)
  expect(fastPath.state.counters.clientsOfStranger).toBe(1)
  expect(fastPath.take('addPins')).toBeUndefined()

  fastPath.give(group({ nodes, slots: slotsKeeping() }))
  expect(fastPath.take('addPins')).toBeUndefined()
  expect(fastPath.take('apply')?.script).toContain(OTHER)
  fastPath.give({ type: 'applied', result: done })
  expect(fastPath.take('addPins')?.pins).toEqual([{ client: CLIENT, mark: OTHER_MARK }])
})

test('the word of a node that has lost its place is over: back in the group it has no clients until it says so', () => {
  const { nodes } = group()
  const fastPath = new Stepped()
    .running(group({ slots: slotsKeeping() }))
    .give(role('director'))
    .settle()
    .give(staysWithOther)
  expect(fastPath.take('addPins')?.pins).toHaveLength(1)
  fastPath.give({ type: 'pinsAdded', result: done })
  fastPath.give(group({ nodes: nodes.filter(({ self }) => self), slots: slotsKeeping() })).settle()
  fastPath.give(group({ slots: slotsKeeping() })).settle()
  expect(fastPath.state.staying.has(staysWithOther.address)).toBe(false)
  expect(fastPath.state.pinsDue).toBe(false)
  fastPath.give(staysWithOther)
  expect(fastPath.take('addPins')?.pins).toEqual([{ client: CLIENT, mark: OTHER_MARK }])
})

test('of nodes without a place as many are kept as a group has; the first goes, and never one of the group', () => {
  const fastPath = running().give(staysWithOther)
  for (let host = 1; host <= 64; host++) fastPath.give({ ...staysWithOther, address: `10.1.0.${host}` })
  const kept = [...fastPath.state.staying.keys()]
  expect(kept).toHaveLength(64)
  expect(kept.slice(0, 2)).toEqual(['10.0.0.2', '10.1.0.2'])
})

test('a gateway that stops names all its clients, whatever their slots, before it ends', () => {
  const fastPath = running().give({ type: 'stop' })
  fastPath.give(read(CLIENT, SECOND))
  const effects = fastPath.asked.map(({ type }) => type)
  expect(fastPath.take('send')?.message).toEqual({
    type: 'clients',
    all: true,
    generation: 3,
    clients: heard(CLIENT, SECOND),
  })
  expect(effects.indexOf('send')).toBeLessThan(effects.indexOf('retired'))
})

test('a gateway that finds tables of a predecessor names all its clients, once a second until it knows the group', () => {
  const fastPath = new Stepped().started({ present: true, pins: [] })
  for (let second = 0; second < 3; second++) {
    expect(fastPath.take('readClients')).toBeDefined()
    expect(fastPath.give(read(CLIENT)).take('send')?.message).toEqual({
      type: 'clients',
      all: true,
      generation: 0,
      clients: heard(CLIENT),
    })
    fastPath.expire('askAgain')
  }
})

test.each([
  ['that said goodbye', { left: true }, false],
  ['whose gateway was killed and has told its clients since', { left: false }, true],
])('pins to a node %s hold for the connections that there are', (_, change, all) => {
  const nodes = group().nodes.map((node) => (node.self ? node : { ...node, ...change, eligible: false }))
  const fastPath = running()
    .give(role('director'))
    .settle()
    .give({ ...staysWithOther, all })
    .give(group({ nodes, slots: ownSlots() }))
  fastPath.take('addPins')
  fastPath.give({ type: 'pinsAdded', result: done })
  expect(fastPath.take('apply')?.script).toContain(`proxyha left { 2 : ${OTHER} }`)
})

test('pins to a node that fell silent do not hold: its host may be dead', () => {
  const nodes = group().nodes.map((node) => (node.self ? node : { ...node, eligible: false }))
  const fastPath = running()
    .give(role('director'))
    .settle()
    .give(group({ nodes, slots: ownSlots() }))
  expect(fastPath.take('apply')?.script).not.toContain('left {')
  fastPath.give({ type: 'looked', look: lookOf() })
})
