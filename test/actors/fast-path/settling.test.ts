import { expect, test } from 'vitest'
import { group, heard, role, Stepped } from './stepped.ts'

const OTHER = '10.0.0.2'
const OWN_MARK = 1
const OTHER_MARK = 2
const slots = (mark: number) => new Uint8Array(4096).fill(mark)
const says = (...clients: readonly string[]) => saysBy(3, ...clients)
const saysBy = (generation: number, ...clients: readonly string[]) =>
  ({ type: 'clientsOf', address: OTHER, all: false, generation, clients: heard(...clients) }) as const
const others = () => new Stepped().running(group({ slots: slots(OTHER_MARK) }))

/** A director, all of whose slots are the other node's until now. */
const director = () => {
  const fastPath = others().give(role('director')).settle().give(says())
  return fastPath.settle()
}
const moves = /slots \{ 0 : 1/

test('slots of a node that has said who stays move after 300 ms, not sooner', () => {
  const fastPath = director().give(group({ slots: slots(OWN_MARK) }))
  expect(fastPath.asked).toContainEqual(expect.objectContaining({ timer: 'settle', delayMs: 300 }))
  fastPath.give(says())
  expect(fastPath.take('apply')).toBeUndefined()
  expect(fastPath.expire('settle').take('apply')?.script).toMatch(moves)
})

test('a node that has said nothing by then is waited for, two seconds in all', () => {
  const fastPath = director()
    .give(group({ slots: slots(OWN_MARK) }))
    .expire('settle')
  expect(fastPath.take('apply')).toBeUndefined()
  expect(fastPath.asked).toContainEqual(expect.objectContaining({ timer: 'settle', delayMs: 1700 }))
  expect(fastPath.expire('settle').take('apply')?.script).toMatch(moves)
})

test('its word ends the waiting: who stays is pinned, then the slots move', () => {
  const fastPath = director()
    .give(group({ slots: slots(OWN_MARK) }))
    .expire('settle')
  fastPath.give(says('10.0.9.1'))
  expect(fastPath.take('addPins')?.pins).toEqual([{ client: '10.0.9.1', mark: OTHER_MARK }])
  fastPath.give({ type: 'pinsAdded', result: { ok: true, value: undefined } })
  expect(fastPath.take('apply')?.script).toMatch(moves)
})

test.each([
  ['the generation before', 3, 2],
  ['the last one that there is', 0, 2 ** 32 - 1],
])('what a node has said by %s does not count: it did not know that it loses clients', (_, generation, before) => {
  const fastPath = director()
    .give(group({ slots: slots(OWN_MARK), generation }))
    .give(saysBy(before))
    .expire('settle')
  expect(fastPath.take('apply')).toBeUndefined()
  fastPath.give(saysBy(generation))
  expect(fastPath.take('apply')?.script).toMatch(moves)
})

test('a node that dies meanwhile is waited for no longer', () => {
  const fastPath = director().give(group({ slots: slots(OWN_MARK) }))
  const nodes = group().nodes.map((node) => (node.self ? node : { ...node, eligible: false }))
  fastPath.give(group({ nodes, slots: slots(OWN_MARK) }))
  expect(fastPath.take('apply')?.script).toMatch(moves)
})

test('slots that move before the transaction that makes this host director is done wait as well', () => {
  const fastPath = others()
    .give(role('director'))
    .give(group({ slots: slots(OWN_MARK) }))
  expect(fastPath.take('apply')?.script).not.toMatch(moves)
  fastPath.give({ type: 'applied', result: { ok: true, value: undefined } })
  expect(fastPath.take('apply')).toBeUndefined()
  // Its word ends the wait for what is not known, too.
  fastPath.settle().give(says()).settle()
  expect(fastPath.expire('settle').take('apply')?.script).toMatch(moves)
})

test('so do slots that this host has dealt before it hears that it leads', () => {
  const fastPath = others().give(group({ slots: slots(OWN_MARK), dealtHere: true }))
  expect(fastPath.take('apply')).toBeUndefined()
  fastPath.give(role('director'))
  expect(fastPath.take('apply')?.script).not.toMatch(moves)
  fastPath.give({ type: 'applied', result: { ok: true, value: undefined } })
  fastPath.settle().give(says()).settle()
  expect(fastPath.expire('settle').take('apply')?.script).toMatch(moves)
})

test('a node takes over at once what its director has dealt', () => {
  const fastPath = others().give(group({ slots: slots(OWN_MARK) }))
  expect(fastPath.state.timers.settle).toBeUndefined()
})
