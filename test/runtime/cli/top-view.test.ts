import { expect, test } from 'vitest'
import { nextOrder, ORDERS, type Sample, topLines } from '../../../runtime/cli/top-view.ts'
import { plain } from '../../../runtime/terminal/look.ts'
import { Bench, v2 } from '../../actors/elector/bench.ts'
import { statusOf } from '../../actors/inspector/doctor/observed.ts'
import { actorOf } from '../../actors/inspector/gateway-fixture.ts'

const verdict = {
  level: 'ok',
  text: 'ok: jupiter leads, 2 of 2 nodes serve',
  since: '2026-01-01T00:00:00.000Z',
} as const
const status = { ...statusOf(new Bench(v2).promoted()), verdict }
const before: Sample = {
  status,
  atMs: 1000,
  actors: [actorOf('elector', { handled: 100 }), actorOf('discovery', { handled: 50 }), actorOf('forwarder-0')],
}
const now: Sample = {
  status,
  atMs: 3000,
  actors: [
    actorOf('elector', { handled: 104, handlingMs: { p50: 0.05, p99: 12.4 } }),
    actorOf('discovery', { handled: 350, mailbox: 2 }),
    // Started anew meanwhile: it has begun to count anew.
    actorOf('forwarder-0', { handled: 3, restarts: 1 }),
  ],
}
const shown = (order: (typeof ORDERS)[number], columns = 80) =>
  topLines(now, before, order, { paint: plain, columns }, 0, 'q: quit  00:00:00 UTC')
const actorsOf = (lines: readonly string[]) => lines.slice(-3).map((line) => line.split(' ')[0])

test('nodes above, actors below with their rates; the busiest first, and no line is too long', () => {
  const lines = shown('rate')
  expect(lines[1]).toMatch(/^jupiter \(10\.10\.74\.70\) is director +q: quit {2}00:00:00 UTC$/)
  expect(lines.some((line) => line.startsWith('*node-70'))).toBe(true)
  expect(actorsOf(lines)).toEqual(['discovery', 'elector', 'forwarder-0'])
  expect(lines.at(-3)).toMatch(/^discovery +running +(ordinary +)?150 +2 /)
  expect(lines.at(-2)).toMatch(/ 2\.0 +0 .*0\.05 ms +12 ms/)
  expect(lines.at(-1)).toMatch(/^forwarder-0 +running +(ordinary +)?- /)
  expect(lines.filter(({ length }) => length > 80)).toEqual([])
})

test.each([
  ['mailbox', ['discovery', 'elector', 'forwarder-0']],
  ['p99', ['elector', 'discovery', 'forwarder-0']],
  ['restarts', ['forwarder-0', 'discovery', 'elector']],
  ['name', ['discovery', 'elector', 'forwarder-0']],
] as const)('by %s', (order, names) => expect(actorsOf(shown(order))).toEqual(names))

test('a key goes through all orders and begins again', () => {
  const seen = ORDERS.map((_, times) =>
    Array.from({ length: times }).reduce<(typeof ORDERS)[number]>(nextOrder, 'rate'),
  )
  expect(seen).toEqual(ORDERS)
  expect(nextOrder('name')).toBe('rate')
})
