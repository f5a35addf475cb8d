import { expect, test } from 'vitest'
import { FAILED, group, heard, role, SILENT, Stepped } from '../stepped.ts'

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
  const recorded = /add rule netdev proxyha first4 meta mark set jhash[^\n]*goto record4/
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

test('of two moves in a row the first owner keeps what is not known, until two seconds after the second', () => {
  const fastPath = director()
    .give(group({ slots: slots(OWN_MARK) }))
    .settle()
  fastPath.give(group({ slots: slots(0) }))
  const script = fastPath.take('apply')?.script
  expect(script).not.toContain('proxyha former')
  expect(fastPath.asked.filter((effect) => effect.type === 'startTimer' && effect.timer === 'settle')).toHaveLength(2)
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
