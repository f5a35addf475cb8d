import { expect, test } from 'vitest'
import type { InspectionDetail, InspectionEvent } from '../../../runtime/actor-system/inspection/inspection.ts'
import { nodesThere, Service } from '../../../runtime/gateway/service.ts'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'
import { FakeClock } from '../../fakes/clock.ts'

const ONE = [{ actor: 'elector', instance: 'VI_51' }]
const TWO = [
  { actor: 'elector', instance: 'web' },
  { actor: 'elector-2', instance: 'mail' },
]

function service(first = ONE, watchdogMs: number | null = 10_000) {
  const told: (readonly string[])[] = []
  const group = { nodes: 1, electors: first }
  const ready: string[] = []
  const manager = { watchdogMs, notify: (...assignments: readonly string[]) => told.push(assignments) }
  const one = new Service({
    manager,
    clock: new FakeClock(1234.5),
    electors: () => group.electors,
    nodeCount: () => group.nodes,
    ready: (text) => ready.push(text),
  })
  const happens = (actor: string, detail: InspectionDetail) =>
    one.observe({ ...detail, actor, sequence: 0, atMs: 0, wallMs: 0 } as InspectionEvent)
  const enters = (to: string, actor = 'elector') => happens(actor, { type: 'state', from: '', to, cause: '' })
  /** What was told since it was last asked. */
  const news = () => told.splice(0)
  return { one, group, happens, enters, news, ready }
}

const wellFor = (silentMs: number) => () => silentMs

test('it is ready when all actors have started and every virtual router takes part', () => {
  const { one, enters, news, ready } = service(TWO)
  enters('BACKUP')
  one.started()
  expect([news(), ready]).toEqual([[], []])
  enters('FAULT', 'elector-2')
  expect(news()).toEqual([['READY=1', 'STATUS=web BACKUP, mail FAULT, 1 node']])
  enters('MASTER')
  expect(news()).toEqual([])
  expect(ready).toEqual(['web BACKUP, mail FAULT, 1 node'])
})

test('no state of an actor makes it ready before all have started', () => {
  const { one, enters, news } = service()
  enters('MASTER')
  one.looked(wellFor(0))
  expect(news()).toEqual([])
  one.started()
  expect(news()).toEqual([['READY=1', 'STATUS=MASTER, 1 node']])
})

test('it is kept alive at every look while its electors give signs of life, and not while one does not', () => {
  const { one, enters, news } = service(TWO)
  for (const { actor } of TWO) enters('BACKUP', actor)
  one.started()
  news()
  one.looked(wellFor(1000))
  expect(news()).toEqual([['WATCHDOG=1']])
  one.looked((actor) => (actor === 'elector-2' ? 3000 : 0))
  one.looked(wellFor(Number.POSITIVE_INFINITY))
  expect(news()).toEqual([])
  one.looked(wellFor(0))
  expect(news()).toEqual([['WATCHDOG=1']])
})

test('without a watchdog no keep-alive is sent', () => {
  const { one, enters, news } = service(ONE, null)
  enters('BACKUP')
  one.started()
  news()
  one.looked(wellFor(0))
  expect(news()).toEqual([])
})

test('the text is told at a look when it has changed, whatever happened in between', () => {
  const { one, group, happens, enters, news } = service(ONE, null)
  enters('BACKUP')
  one.started()
  news()
  for (let change = 0; change < 100; change++) enters(change % 2 === 0 ? 'MASTER' : 'BACKUP')
  one.looked(wellFor(0))
  expect(news()).toEqual([])
  enters('MASTER')
  group.nodes = 3
  happens('dispatcher', { type: 'state', from: '', to: 'OTHER', cause: '' })
  one.looked(wellFor(0))
  one.looked(wellFor(0))
  expect(news()).toEqual([['STATUS=MASTER, 3 nodes']])
  happens('elector', { type: 'spawned', incarnation: 1 })
  one.looked(wellFor(0))
  expect(news()).toEqual([['STATUS=INIT, 3 nodes']])
})

test('an elector that joins by a reload counts as the others, and one that is gone does not any more', () => {
  const { one, group, happens, enters, news } = service()
  enters('BACKUP')
  one.started()
  news()
  enters('MASTER', 'elector-2')
  group.electors = TWO
  one.looked((actor) => (actor === 'elector' ? 0 : 4000))
  expect(news()).toEqual([['STATUS=web BACKUP, mail MASTER, 1 node']])
  group.electors = ONE
  happens('elector-2', { type: 'stopped' })
  one.looked((actor) => (actor === 'elector' ? 0 : Number.POSITIVE_INFINITY))
  expect(news()).toEqual([['WATCHDOG=1', 'STATUS=BACKUP, 1 node']])
})

test('a reload is told with its moment, µs of the monotonic clock, and its end; it is kept alive meanwhile', () => {
  const { one, enters, news } = service()
  one.reloading()
  one.reloaded()
  expect(news()).toEqual([])
  enters('BACKUP')
  one.started()
  news()
  one.reloading()
  one.looked(wellFor(0))
  one.reloaded()
  expect(news()).toEqual([['RELOADING=1', 'MONOTONIC_USEC=1234500'], ['WATCHDOG=1'], ['READY=1']])
})

test('the end is told once, with the time that it may take, and nothing after it', () => {
  const { one, enters, news } = service()
  enters('MASTER')
  one.started()
  news()
  one.stopping(23_000)
  one.stopping(23_000)
  one.looked(wellFor(0))
  one.reloading()
  one.reloaded()
  enters('INIT')
  expect(news()).toEqual([['STOPPING=1', 'EXTEND_TIMEOUT_USEC=23000000', 'STATUS=stopping']])
})

test('one that is stopped while it starts is never ready', () => {
  const { one, enters, news } = service()
  one.stopping(1000)
  enters('BACKUP')
  one.started()
  expect(news()).toHaveLength(1)
})

test('nodes that are heard are counted, whatever state they are in', () => {
  const table = ConnectionTable.create({ clients: 1024, forwarders: 1, connectionsPerForwarder: 16 })
  expect(nodesThere(table)).toBe(0)
  const states = ['ok', 'failure', 'draining', 'stale'] as const
  for (const [index, state] of states.entries())
    table.setNode(index, { address: `10.0.0.${index + 1}`, state, weight: 1 })
  expect(nodesThere(table)).toBe(3)
})
