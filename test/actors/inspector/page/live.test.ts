/** Streams, messages as they pass, rates and figures in words. */
import { expect, test } from 'vitest'
import { HandlingRates } from '../../../../actors/inspector/page/actors.js'
import { EventStreamReader } from '../../../../actors/inspector/page/event-stream.js'
import { clockTimeWithZone, duration, short, shortWithUnit } from '../../../../actors/inspector/page/format.js'
import { TRACE_KEPT, Trace } from '../../../../actors/inspector/page/trace.js'

const message = (sequence: number, change: object = {}) =>
  ({
    type: 'message',
    sequence,
    actor: 'discovery',
    from: 'elector',
    message: 'role',
    bytes: 9,
    waitedMs: 1,
    atMs: 0,
    wallMs: 0,
    ...change,
  }) as never

test('a stream may be cut anywhere', () => {
  const stream = ':\n\nid: a-7\nevent: log\ndata: {"a":\ndata: 1}\n\ndata: two\n\n'
  const expected = [
    { type: 'log', id: 'a-7', data: '{"a":\n1}' },
    { type: 'message', id: null, data: 'two' },
  ]
  for (let at = 0; at <= stream.length; at++) {
    const reader = new EventStreamReader()
    expect([...reader.read(stream.slice(0, at)), ...reader.read(stream.slice(at))]).toEqual(expected)
  }
})

test('an event without an end is not waited for for ever', () => {
  const reader = new EventStreamReader()
  expect(() => reader.read(`data: ${'x'.repeat(1_100_000)}`)).toThrow(RangeError)
})

test('a trace is filtered by actor, at either end, and by type', () => {
  const trace = new Trace()
  trace.add(message(0))
  trace.add(message(0, { actor: 'dispatcher', from: 'discovery', message: 'members' }))
  trace.add(message(0, { type: 'log', actor: 'watcher', level: 'info', line: 'no message' }))
  const found = (actor: string, type: string) => trace.matching({ actor, type }).length
  expect([
    found('', ''),
    found('discovery', ''),
    found('elector', ''),
    found('', 'MEMB'),
    found('elector', 'memb'),
  ]).toEqual([2, 2, 1, 1, 0])
  expect(trace.actors).toEqual(['discovery', 'dispatcher', 'elector'])
})

test('a trace keeps the last 500, and counts what was dropped on the way and what passed while it was paused', () => {
  const trace = new Trace()
  for (let sequence = 0; sequence < 600; sequence++) trace.add(message(sequence))
  expect(trace.matching({ actor: '', type: '' })).toHaveLength(TRACE_KEPT)
  expect(trace.dropped).toBe(0)
  trace.add(message(605))
  expect(trace.dropped).toBe(5)
  trace.isPaused = true
  trace.add(message(606))
  expect(trace.passed).toBe(1)
  // A new incarnation of the actor, and a new stream, count from where they begin.
  trace.add(message(0))
  trace.restart()
  trace.add(message(900))
  expect(trace.dropped).toBe(5)
})

test('rates are those between two looks, and of one incarnation', () => {
  const rates = new HandlingRates()
  const actor = (handled: number, restarts = 0) => [{ name: 'elector', handled, restarts }] as never
  rates.look(actor(100), 0)
  expect(rates.perS.size).toBe(0)
  rates.look(actor(150), 2000)
  expect(rates.perS.get('elector')).toBe(25)
  rates.look(actor(160, 1), 3000)
  expect(rates.perS.has('elector')).toBe(false)
})

test('figures have three places at most, and what is not known is a dash', () => {
  expect([0, 0.4, 12, 999, 1500, 2_400_000].map(short)).toEqual(['0', '0.4', '12', '999', '1.5 k', '2.4 M'])
  expect([null, undefined, Number.NaN].map(short)).toEqual(['–', '–', '–'])
  expect([12, 1500, null].map((value) => shortWithUnit(value, 'B/s'))).toEqual(['12 B/s', '1.5 kB/s', '–'])
})

test('durations have their two greatest units, and times a zone', () => {
  expect([400, 59_000, 90_000, 300_000, 7_500_000, 200_000_000].map(duration)).toEqual([
    '0 s',
    '59 s',
    '1 min 30 s',
    '5 min',
    '2 h 5 min',
    '2 d',
  ])
  expect(clockTimeWithZone(0)).toMatch(/^\d\d:\d\d:\d\d \S+$/)
})
