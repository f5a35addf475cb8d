import { expect, test } from 'vitest'
import { textsOf } from '../../../../runtime/actor-system/inspection/warning.ts'
import { done, refused } from '../../../../runtime/ports/result.ts'
import { parseClientKey, slotOfKey } from '../../../../runtime/table/client-key.ts'
import { FAILED, group, heard, lookOf, OTHER, role, SILENT, Stepped, VIP } from '../stepped.ts'

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

const pin = (client: string, mark: number) => ({ client, mark, divided: true })

/** Long enough that it knows which slots have come to it. */
const running = () => new Stepped().running(group({ slots: ownSlots() })).at(5000)

test('slots have moved: the clients whose slot is another node’s by now are told to all, and asked for again a second later', () => {
  const fastPath = running().give(group({ slots: slotsKeeping(SECOND) }))
  expect(fastPath.take('readClients')).toBeDefined()
  expect(fastPath.give(read(CLIENT, SECOND)).said()).toEqual({
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
  expect(fastPath.said()?.clients).toEqual([])
  expect(fastPath.give(read(CLIENT)).said()).toBeUndefined()
  fastPath
    .give(group({ slots: slotsKeeping() }))
    .give(read(CLIENT))
    .settle()
  expect(fastPath.said()?.clients).toEqual(heard(CLIENT))
  expect(fastPath.give(read()).said()?.clients).toEqual([])
  expect(fastPath.give(read()).said()).toBeUndefined()
})

test.each([
  ['this host', 500, OWN_MARK],
  ['the other', 1500, OTHER_MARK],
])('of two nodes that name a client the one counts that has heard it last: %s', (_, silentMs, mark) => {
  const fastPath = running().give(role('director')).settle().give(staysWithOther)
  fastPath.take('addPins')
  fastPath.give({ type: 'pinsAdded', result: done }).settle()
  fastPath.give({ type: 'clientsRead', clients: { ok: true, value: [{ address: CLIENT, silentMs, connections: [] }] } })
  expect(fastPath.take('addPins')?.pins).toEqual([pin(CLIENT, mark)])
})

test('who has just started names all its clients, since any of its slots may have just come to it', () => {
  const fastPath = new Stepped().running(group({ slots: ownSlots() }))
  expect(fastPath.at(4999).give(read(CLIENT)).said()).toMatchObject({ all: false, clients: heard(CLIENT) })
  expect(fastPath.at(5000).give(read(CLIENT)).said()?.clients).toEqual([])
})

test('another director settles anew: so do all, and name who is concerned', () => {
  const fastPath = running().give(group({ slots: slotsKeeping(SECOND) }))
  expect(fastPath.state.former).not.toBeNull()
  const settles = () =>
    fastPath.asked.filter((effect) => effect.type === 'startTimer' && effect.timer === 'settle').length
  const before = settles()
  fastPath.give({ ...role('scanning'), masterAddress: '10.0.0.2', masterPriority: 99 })
  expect(settles()).toBe(before + 1)
})

test('a client that another node names, too, is named although its slot is here', () => {
  const fastPath = running().give(staysWithOther).give(read(CLIENT, SECOND))
  expect(fastPath.said()?.clients).toEqual(heard(CLIENT))
  fastPath.give({ ...staysWithOther, clients: [] }).give(read(CLIENT, SECOND))
  expect(fastPath.said()?.clients).toEqual([])
})

test('who has just started hears at once who else has its clients; but not of one that has just started, or stops', () => {
  const started = { ...staysWithOther, all: true }
  expect(running().give(started).take('readClients')).toBeDefined()
  const stopping = running().give({ type: 'stop' })
  stopping.take('readClients')
  expect(stopping.give(started).take('readClients')).toBeUndefined()
  const young = new Stepped().started({ present: true, directed: [], pins: [], connections: [] })
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
  expect(fastPath.take('addPins')?.pins).toEqual([pin(SECOND, OTHER_MARK)])
})

test('its own clients are pinned when the others have said who is theirs, before what begins no connection is let through', () => {
  const fastPath = new Stepped().running(group({ slots: slotsKeeping() }))
  fastPath.clients = [CLIENT]
  expect(fastPath.give(role('director')).take('apply')?.script).not.toContain(CLIENT)
  fastPath.give({ type: 'applied', result: done }).settle()
  expect(fastPath.take('addPins')).toBeUndefined()
  fastPath.give({ ...staysWithOther, clients: heard(SECOND) })
  expect(fastPath.take('apply')).toBeUndefined()
  expect(fastPath.take('addPins')?.pins).toEqual([pin(CLIENT, OWN_MARK), pin(SECOND, OTHER_MARK)])
  expect(fastPath.give({ type: 'pinsAdded', result: done }).take('apply')?.script).toContain('stray4')
})

test('another director is told at once who has to stay, and every five seconds', () => {
  const fastPath = new Stepped().running(group({ slots: slotsKeeping() }))
  fastPath.clients = [CLIENT]
  fastPath.give({ ...role('scanning'), masterAddress: '10.0.0.2', masterPriority: 90 })
  expect(fastPath.said()?.clients).toEqual(heard(CLIENT))
  fastPath.give(group({ slots: ownSlots() })).expire('askAgain')
  expect(fastPath.asked.findLast(({ type }) => type === 'startTimer')).toMatchObject({
    timer: 'askAgain',
    delayMs: 5000,
  })
})

test('a director pins them at once, and before their slots move', () => {
  const fastPath = running().give(role('director')).settle().give(staysWithOther)
  expect(fastPath.take('addPins')?.pins).toEqual([pin(CLIENT, OTHER_MARK)])
  fastPath.give(group({ slots: slotsKeeping(CLIENT) }))
  expect(fastPath.take('apply')).toBeUndefined()
  fastPath.give({ type: 'pinsAdded', result: done })
  expect(fastPath.take('apply')?.script).toContain('slots')
})

test('pins that were refused, because somebody removed the table meanwhile, are tried again', () => {
  const fastPath = running().give(role('director')).settle().give(staysWithOther)
  fastPath.take('addPins')
  fastPath.give({ type: 'pinsAdded', result: refused('EREJECTED', 'No such file') })
  expect(textsOf([...fastPath.state.problems.values()])).toEqual([expect.stringContaining('No such file')])
  expect(fastPath.take('addPins')).toBeUndefined()
  expect(fastPath.expire('retry').take('addPins')).toBeDefined()
  expect(fastPath.give({ type: 'pinsAdded', result: done }).state.problems.size).toBe(0)
})

test('who else has such a client says so at once, and names its connections one by one; so does the first one then', () => {
  const connections = [{ clientPort: 40_000, virtualIp: VIP, proxyPort: 3128 }]
  const fastPath = running().give(staysWithOther)
  expect(fastPath.take('readClients')).toBeDefined()
  const mine = [{ address: CLIENT, silentMs: 1000, connections }]
  fastPath.give({ type: 'clientsRead', clients: { ok: true, value: mine } })
  expect(fastPath.said()?.clients).toEqual(mine)
  expect(fastPath.give(staysWithOther).take('readClients'), 'that is no news').toBeUndefined()
})

test('where all have named them the connections go where they are, and what is not named to who has not', () => {
  const at = (clientPort: number) => ({ clientPort, virtualIp: VIP, proxyPort: 3128 })
  const fastPath = running().give(role('director')).settle()
  fastPath.give({ ...staysWithOther, clients: [{ address: CLIENT, silentMs: 9000, connections: [] }] })
  fastPath.take('addPins')
  fastPath.give({ type: 'pinsAdded', result: done }).settle()
  const mine = [{ address: CLIENT, silentMs: 0, connections: [at(40_000), at(40_001)] }]
  fastPath.give({ type: 'clientsRead', clients: { ok: true, value: mine } })
  expect(fastPath.take('addPins')).toMatchObject({
    pins: [pin(CLIENT, OTHER_MARK)],
    connections: [
      { family: 4, key: `${CLIENT} . 40000 . ${VIP} . 80`, mark: OWN_MARK },
      { family: 4, key: `${CLIENT} . 40001 . ${VIP} . 80`, mark: OWN_MARK },
    ],
  })
})

test('a client is named, too, whose slot has come here a moment ago: it was pinned here', () => {
  const fastPath = new Stepped().running(group({ slots: slotsKeeping() }))
  fastPath.give(group({ slots: ownSlots() })).take('readClients')
  expect(fastPath.give(read(CLIENT)).said()?.clients).toEqual(heard(CLIENT))
  fastPath.at(5000).settle().expire('settle').give(read(CLIENT))
  expect(fastPath.said()?.clients).toEqual([])
})

test('what a node says replaces what it said before', () => {
  const fastPath = running()
    .give(staysWithOther)
    .give({ ...staysWithOther, clients: heard(SECOND) })
  expect(fastPath.state.staying.get('10.0.0.2')?.clients).toEqual(
    new Map([[SECOND, { heardAtMs: 4000, connections: [] }]]),
  )
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
  expect(fastPath.take('addPins')?.pins).toEqual([pin(CLIENT, OTHER_MARK)])
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
  expect(fastPath.take('addPins')?.pins).toEqual([pin(CLIENT, OTHER_MARK)])
})

test('of nodes without a place as many are kept as a group has; the first goes, and never one of the group', () => {
  const fastPath = running().give(staysWithOther)
  for (let host = 1; host <= 64; host++) fastPath.give({ ...staysWithOther, address: `10.1.0.${host}` })
  const kept = [...fastPath.state.staying.keys()]
  expect(kept).toHaveLength(64)
  expect(kept.slice(0, 2)).toEqual(['10.0.0.2', '10.1.0.2'])
})

test('a gateway that stops names all its clients, whatever their slots, before it ends', () => {
  const fastPath = running().give({ type: 'stop' }).give(group()).settle().expire('leaving')
  fastPath.give(read(CLIENT, SECOND))
  const effects = fastPath.asked.map(({ type }) => type)
  expect(fastPath.said()).toEqual({
    type: 'clients',
    all: true,
    generation: 3,
    clients: heard(CLIENT, SECOND),
  })
  expect(effects.indexOf('send')).toBeLessThan(effects.indexOf('retired'))
})

test('a gateway that finds tables of a predecessor names all its clients, once a second until it knows the group', () => {
  const fastPath = new Stepped().started({ present: true, directed: [], pins: [], connections: [] })
  for (let second = 0; second < 3; second++) {
    expect(fastPath.take('readClients')).toBeDefined()
    expect(fastPath.give(read(CLIENT)).said()).toEqual({
      type: 'clients',
      all: true,
      generation: 0,
      clients: heard(CLIENT),
    })
    fastPath.expire('askAgain')
  }
})

/** The script that follows when the other node is not heard any more. */
const silenced = (change: object = {}, all = false) => {
  const nodes = group().nodes.map((node) => (node.self ? node : { ...node, ...SILENT, ...change }))
  const fastPath = running()
    .give(role('director'))
    .settle()
    .give({ ...staysWithOther, all })
  fastPath.take('addPins')
  fastPath.give({ type: 'pinsAdded', result: done }).settle()
  fastPath.give(group({ nodes, slots: ownSlots() }))
  expect(fastPath.take('apply')?.script).toContain('delete element netdev proxyha takers { 2 :')
  return fastPath.give({ type: 'applied', result: done }).settle()
}
const probes = (fastPath: Stepped) => fastPath.expire('look').take('look')?.probed
const lost = /delete element netdev proxyha reachable \{ 2 : [^}]*, 258 : [^}]*, 514 : [^}]*, 1538 : [^}]*\}/

test.each([
  ['that said goodbye', { left: true }, false],
  ['whose gateway was killed and has told its clients since', {}, true],
])('a node %s keeps the connections that there are, and is asked nothing', (_, change, all) => {
  const fastPath = silenced(change, all)
  fastPath.take('look')
  expect(probes(fastPath)).toEqual([])
})

test.each([
  ['that said goodbye', { left: true, gone: true }, false],
  ['that has told its clients last', { gone: true }, true],
])(
  'of a node that is gone, and %s, the host is asked all the same; where it is silent, so ends its word',
  (_, change, all) => {
    const fastPath = silenced(change, all)
    fastPath.take('look')
    expect(probes(fastPath)).toMatchObject([{ address: '10.0.0.2', mac: OTHER }])
    expect(fastPath.give({ type: 'looked', look: lookOf() }).take('apply')).toBeUndefined()
    expect(fastPath.state.staying.has('10.0.0.2')).toBe(true)
    expect(fastPath.give({ type: 'looked', look: lookOf({ silent: ['10.0.0.2'] }) }).take('apply')?.script).toMatch(
      lost,
    )
    expect(fastPath.state.staying.has('10.0.0.2')).toBe(false)
  },
)

test('a node that fell silent is asked by ARP: it keeps them while its host answers, and loses them when it does not', () => {
  const fastPath = silenced()
  fastPath.take('look')
  expect(probes(fastPath)).toEqual([{ address: '10.0.0.2', mac: OTHER, anew: true }])
  expect(fastPath.give({ type: 'looked', look: lookOf() }).take('apply')).toBeUndefined()
  expect(probes(fastPath)).toEqual([{ address: '10.0.0.2', mac: OTHER, anew: false }])
  expect(fastPath.give({ type: 'looked', look: lookOf({ silent: ['10.0.0.2'] }) }).take('apply')?.script).toMatch(lost)
  fastPath.give({ type: 'applied', result: done }).settle()
  expect(probes(fastPath)).toEqual([])
  fastPath.give(group({ slots: ownSlots() }))
  expect(fastPath.take('apply')?.script).toContain(`add element netdev proxyha reachable { 2 : ${OTHER}`)
})

test('a node whose connections are to be reset gets no segment of them: they are answered by RST', () => {
  const nodes = group().nodes.map((node) => (node.self ? node : { ...node, ...FAILED, keeps: false }))
  const fastPath = running().give(role('director')).settle()
  expect(fastPath.give(group({ nodes, slots: ownSlots() })).take('apply')?.script).toMatch(lost)
})

test('a host that is no director asks nobody', () => {
  const nodes = group().nodes.map((node) => (node.self ? node : { ...node, ...SILENT }))
  const fastPath = new Stepped().running(group({ nodes, slots: ownSlots() }))
  fastPath.take('look')
  expect(probes(fastPath)).toEqual([])
})
