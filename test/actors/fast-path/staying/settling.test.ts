import { describe, expect, test } from 'vitest'
import { FAILED, group, heard, lookOf, outlined, role, SILENT, Stepped, VIP, WORKS } from '../stepped.ts'

const OWN_MARK = 1
const OTHER_MARK = 2
const DIVIDED = 0x100
const slots = (mark: number) => new Uint8Array(4096).fill(mark)
const others = () => new Stepped().running(group({ slots: slots(OTHER_MARK) }))
const saysNothing = { type: 'clientsOf', address: '10.0.0.2', all: false, generation: 3, clients: [] } as const

/** A director, all of whose slots are the other node's until now. */
const director = () => others().give(role('director')).settle().give(saysNothing).settle()

const moves = /add element netdev proxyha slots \{ 0 : 1/
const remembers = new RegExp(`add element netdev proxyha former \\{ 0 : ${OTHER_MARK | DIVIDED}`)
const forgets = /delete element netdev proxyha former \{ 0/

const startsOf = ({ asked }: Stepped) =>
  asked.filter((effect) => effect.type === 'startTimer' && effect.timer === 'settle').length

test('slots move at once, and what is not known yet goes to the former owner for two seconds', () => {
  const fastPath = director().give(group({ slots: slots(OWN_MARK) }))
  const script = fastPath.take('apply')?.script
  expect(script).toMatch(moves)
  expect(script).toMatch(remembers)
  expect(fastPath.asked).toContainEqual(expect.objectContaining({ timer: 'settle', delayMs: 2000 }))
  fastPath.give({ type: 'applied', result: { ok: true, value: undefined } }).settle()
  expect(fastPath.expire('settle').take('apply')?.script).toMatch(forgets)
})

test('connections that begin meanwhile are recorded, also of clients without a pin', () => {
  const recorded = /add rule netdev proxyha first4 meta mark set jhash[^\n]*map @former goto moved4/
  const fastPath = director().give(group({ slots: slots(OWN_MARK) }))
  expect(fastPath.take('apply')?.script).toMatch(recorded)
  fastPath.give({ type: 'applied', result: { ok: true, value: undefined } }).settle()
  const after = fastPath.expire('settle').take('apply')?.script
  expect(after).toContain('add rule netdev proxyha first4')
  expect(after).not.toMatch(recorded)
})

test('a new director that hears who stays where settles for as long again when that is over: who says nothing has clients, too', () => {
  const fastPath = others().give(role('director')).settle()
  fastPath.give(group({ slots: slots(OWN_MARK) })).settle()
  expect(fastPath.expire('settle').take('apply'), 'still hearing').toBeUndefined()
  const heardAll = fastPath.expire('hearing').expire('hearing').take('apply')?.script
  expect(heardAll).toContain('add rule netdev proxyha stray4')
  expect(heardAll).not.toMatch(forgets)
  fastPath.give({ type: 'applied', result: { ok: true, value: undefined } }).settle()
  expect(fastPath.expire('settle').take('apply')?.script).toMatch(forgets)
})

test.each([
  ['fails', FAILED],
  ['falls silent', SILENT],
  ['leaves', { ...SILENT, left: true }],
])('so they do where the node that loses them %s: it keeps what is open there', (_, change) => {
  const nodes = group().nodes.map((node) => (node.self ? node : { ...node, ...change }))
  const script = director()
    .give(group({ nodes, slots: slots(OWN_MARK) }))
    .take('apply')?.script
  expect(script).toMatch(moves)
  expect(script).toMatch(remembers)
  expect(script).toMatch(/delete element netdev proxyha takers \{ 2/)
  expect(script).not.toMatch(/delete element netdev proxyha reachable/)
})

test('slots that are told again stay the same array, by which the ruleset is made', () => {
  const fastPath = director()
  const { slots: before } = fastPath.state.group!
  expect(fastPath.give(group({ slots: slots(OTHER_MARK) })).state.group?.slots).toBe(before)
  expect(fastPath.give(group({ slots: slots(OWN_MARK) })).state.group?.slots).not.toBe(before)
})

test('of two moves in a row the first owner keeps what is not known, until two seconds after the second', () => {
  const fastPath = director()
    .give(group({ slots: slots(OWN_MARK) }))
    .settle()
  fastPath.give(group({ slots: slots(0) }))
  const script = fastPath.take('apply')?.script
  expect(script).not.toContain('proxyha former')
  expect(startsOf(fastPath)).toBe(3)
})

test('a node that says who stays, a second after the move and by the slots of now, has said all: it is guessed no more', () => {
  const fastPath = director().give(group({ generation: 4, slots: slots(OWN_MARK) }))
  fastPath.settle()
  const owners = [
    [899, 4],
    [900, 3],
    [900, 4],
  ].map(([nowMs, generation]) => {
    return fastPath.at(nowMs!).give({ ...saysNothing, generation: generation! }).state.former?.[0] ?? null
  })
  expect(owners).toEqual([OTHER_MARK, OTHER_MARK, null])
  expect(fastPath.state.timers.has('settle')).toBe(false)
})

test('all that it has is all, whenever it says so', () => {
  const fastPath = director().give(group({ slots: slots(OWN_MARK) }))
  expect(fastPath.give({ ...saysNothing, all: true }).state.former).toBeNull()
})

test('in order the virtual IPs are announced when nothing is guessed: what has begun by way of the former director would go astray', () => {
  const fastPath = others()
    .give(group({ generation: 4, slots: slots(OWN_MARK) }))
    .give(role('director'))
  fastPath.give({ ...saysNothing, generation: 4 }).settle()
  expect(fastPath.state.forwarded).toEqual({ virtualIps: [VIP], ready: [] })
  fastPath.at(1000).give({ ...saysNothing, generation: 4 })
  expect(fastPath.state.forwarded.ready, 'not in force yet').toEqual([])
  expect(fastPath.settle().state.forwarded.ready).toEqual([VIP])
})

test('a node says twice that nobody has to stay: at once, and a second after the move', () => {
  const fastPath = others().give(group({ generation: 4, slots: slots(OWN_MARK) }))
  const said = () => {
    fastPath.give({ type: 'clientsRead', clients: { ok: true, value: [] } })
    return fastPath.said()?.generation
  }
  expect([said(), fastPath.expire('askAgain') && said(), fastPath.expire('askAgain') && said()]).toEqual([
    4,
    4,
    undefined,
  ])
})

test('the time begins when the kernel goes by the former owners, however long that takes', () => {
  const fastPath = director().give(group({ slots: slots(OWN_MARK) }))
  expect(fastPath.expire('settle').expire('settle').state.former).not.toBeNull()
  const before = startsOf(fastPath)
  fastPath.give({ type: 'applied', result: { ok: true, value: undefined } }).settle()
  expect(startsOf(fastPath)).toBe(before + 1)
  expect(fastPath.expire('settle').take('apply')?.script).toMatch(forgets)
})

test('slots that move while nobody knows what the tables hold are remembered: packets go by what was in force', () => {
  const fastPath = director().give({ type: 'looked', look: lookOf({ generation: { ok: true, value: 8 } }) })
  fastPath.take('outline')
  fastPath.give(outlined('somebody was here', 8)).give(group({ slots: slots(OWN_MARK) }))
  expect(fastPath.state.applied).toBeNull()
  expect(fastPath.state.former?.every((mark) => mark === OTHER_MARK)).toBe(true)
})

describe('a node that has fallen silent', () => {
  const nodes = group().nodes.map((node) => (node.self ? node : { ...node, ...SILENT }))
  const silent = () =>
    director()
      .give(group({ nodes, slots: slots(OWN_MARK) }))
      .settle()
  const back = group({ slots: slots(OWN_MARK) })

  test('cannot say who has to stay there: what nobody knows goes to it beyond the two seconds', () => {
    const fastPath = silent().at(100_000).expire('settle').expire('settle')
    expect(fastPath.take('apply')).toBeUndefined()
  })

  test('is waited for until it has said it, and two seconds more', () => {
    const fastPath = silent().expire('settle').give(back).settle().expire('settle')
    expect(fastPath.settle().expire('settle').state.former).not.toBeNull()
    fastPath.give(saysNothing).settle()
    expect(fastPath.expire('settle').take('apply')?.script).toMatch(forgets)
  })

  test('is lost where its host does not answer either', () => {
    const fastPath = silent().expire('settle').expire('look')
    fastPath.give({ type: 'looked', look: lookOf({ silent: ['10.0.0.2'] }) }).settle()
    expect(fastPath.expire('settle').take('apply')?.script).toMatch(forgets)
  })

  test('is waited for no longer than a pin lasts', () => {
    const fastPath = silent().at(599_999).expire('settle')
    expect(fastPath.take('apply')).toBeUndefined()
    expect(fastPath.at(600_000).expire('settle').take('apply')?.script).toMatch(forgets)
  })

  test('keeps nobody from being called, whoever else says what', () => {
    const third = { address: '10.0.0.3', mark: 3, mac: '02:00:00:00:00:03', self: false, ...WORKS }
    const moved = group({ nodes: [...nodes, third], slots: slots(OWN_MARK) })
    const fastPath = others().give(moved).settle().expire('settle').give(role('director')).settle()
    const word = { ...saysNothing, address: '10.0.0.3', all: true }
    fastPath.give(word).settle().expire('hearing')
    // Said once more while the kernel is busy: nothing follows from it.
    expect(fastPath.take('apply')).toBeDefined()
    fastPath
      .give(word)
      .give({ type: 'applied', result: { ok: true, value: undefined } })
      .settle()
    expect(fastPath.state.former?.[0]).toBe(OTHER_MARK)
    expect(fastPath.state.forwarded.ready).toEqual([VIP])
  })

  test('keeps no other slot from settling', () => {
    const third = { address: '10.0.0.3', mark: 3, mac: '02:00:00:00:00:03', self: false, ...FAILED }
    const half = slots(OTHER_MARK).fill(3, 0, 2048)
    const fastPath = director().give(group({ nodes: [...group().nodes, third], slots: half }))
    fastPath
      .settle()
      .give({ ...saysNothing, address: '10.0.0.3' })
      .settle()
    fastPath.expire('settle').settle()
    fastPath.give(group({ nodes: [...nodes, third], slots: slots(OWN_MARK) })).settle()
    expect([0, 4095].map((slot) => fastPath.expire('settle').state.former?.[slot])).toEqual([0, OTHER_MARK])
  })
})

test('its word is heeded at once: who stays is pinned, as a client that may have opened connections elsewhere', () => {
  const fastPath = director()
    .give(group({ slots: slots(OWN_MARK) }))
    .settle()
  fastPath.give({ ...saysNothing, clients: heard('10.0.9.1') })
  expect(fastPath.take('addPins')?.pins).toEqual([{ client: '10.0.9.1', mark: OTHER_MARK, divided: true }])
})

test('slots that move before the transaction that makes this host director is done are remembered as well', () => {
  const fastPath = others()
    .give(role('director'))
    .give(group({ slots: slots(OWN_MARK) }))
  expect(fastPath.take('apply')?.script).not.toMatch(moves)
  fastPath.give({ type: 'applied', result: { ok: true, value: undefined } })
  expect(fastPath.take('apply')?.script).toMatch(remembers)
})

test('so are slots that this host has dealt before it hears that it leads', () => {
  const fastPath = others().give(group({ slots: slots(OWN_MARK), dealtHere: true }))
  expect(fastPath.take('apply')?.script).toMatch(remembers)
})

test('a node that is no director has nothing to do with it: it forwards nothing', () => {
  const fastPath = others().give(group({ slots: slots(OWN_MARK) }))
  expect(fastPath.take('apply')?.script).not.toMatch(remembers)
})
