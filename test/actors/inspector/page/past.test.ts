/** What the page knows of the past: figures, and events. */
import { expect, test } from 'vitest'
import { History } from '../../../../actors/inspector/page/history.js'
import { h, textOf } from '../../../../actors/inspector/page/markup.js'
import { entriesView, lanesView, reignsOf, withNew } from '../../../../actors/inspector/page/timeline.js'
import { entryOf, known, NOW_MS } from './known.ts'

const FROM_MS = NOW_MS - 900_000
const part = (at: number, values: readonly (number | null)[], change: object = {}) => ({
  epoch: 'a',
  stepMs: 1000,
  from: new Date(FROM_MS + at * 1000).toISOString(),
  points: values.length,
  nodes: [
    {
      address: '10.0.0.1',
      name: 'jupiter',
      activeConnections: values,
      connectionsPerS: values,
      bytesInPerS: values,
      bytesOutPerS: values,
      slots: [],
    },
  ],
  ...change,
})
const valuesOf = (history: History) => history.plotted('activeConnections').series[0]?.values

test('the history goes on where it ended, and asks for what is newer', () => {
  const history = new History()
  expect(history.query).toBe('')
  history.add(part(0, [1, 2, 3]))
  expect(decodeURIComponent(history.query)).toBe(`?after=${new Date(FROM_MS + 2000).toISOString()}`)
  history.add(part(3, [4]))
  history.add(part(3, [5, 6]))
  expect(valuesOf(history)).toEqual([1, 2, 3, 5, 6])
  expect(history.plotted('activeConnections').times[4]).toBe((FROM_MS + 4000) / 1000)
  expect(history.plotted('bytesPerS').series[0]?.values[0]).toBe(2)
})

test('the history keeps 900 points', () => {
  const history = new History()
  history.add(part(0, Array(900).fill(1)))
  history.add(part(900, [2, 3]))
  expect(valuesOf(history)).toHaveLength(900)
  expect(valuesOf(history)?.slice(-3)).toEqual([1, 2, 3])
})

test('after a restart of the gateway, or a gap, all of the history is asked for anew', () => {
  const history = new History()
  history.add(part(0, [1, 2]))
  for (const other of [part(2, [9], { epoch: 'b' }), part(50, [9], { epoch: 'b' })]) {
    history.add(other)
    expect(history.query).toBe('')
    history.add(part(1, [7, 8, 9], { epoch: 'b' }))
    expect(valuesOf(history)).toEqual([7, 8, 9])
  }
})

test('a node that comes later has nothing before, and one that goes has nothing after', () => {
  const history = new History()
  history.add(part(0, [1]))
  const [saturn] = part(1, [5], {}).nodes
  history.add(part(1, [5], { nodes: [{ ...saturn, address: '10.0.0.2', name: 'saturn' }] }))
  expect(history.plotted('activeConnections').series.map(({ values }) => values)).toEqual([
    [1, null],
    [null, 5],
  ])
})

test('entries of the timeline come once, and 1,000 are kept', () => {
  const [first, second] = [entryOf('director', 'jupiter', 60), entryOf('backup', 'jupiter', 30)]
  expect(withNew([first], [first, second])).toEqual([first, second])
  const many = Array.from({ length: 1200 }, (_, index) => entryOf('warning', 'jupiter', 5000 - index))
  expect(withNew(many.slice(0, 800), many.slice(800))).toEqual(many.slice(200))
})

test('who led when: until another leads, or it is a backup, in fault or gone', () => {
  const entries = [
    entryOf('director', 'jupiter', 100),
    entryOf('nodeMissing', 'jupiter', 60),
    entryOf('director', 'saturn', 58),
    entryOf('warning', 'saturn', 50),
    entryOf('director', 'jupiter', 20),
    entryOf('backup', 'saturn', 19),
  ]
  const seconds = reignsOf(entries, NOW_MS).map(({ address, fromMs, toMs }) => [
    address,
    (NOW_MS - fromMs) / 1000,
    (NOW_MS - toMs) / 1000,
  ])
  expect(seconds).toEqual([
    ['10.0.0.1', 100, 60],
    ['10.0.0.2', 58, 20],
    ['10.0.0.1', 20, 0],
  ])
})

test('a lane has the events of its node within the time that is shown', () => {
  const timeline = [entryOf('director', 'jupiter', 2000), entryOf('nodeFailed', 'saturn', 60, { level: 'failure' })]
  const words = textOf(lanesView(known({ timeline }), 900_000, 800))
  expect(words).toContain('jupiter leads')
  expect(words).toContain('saturn came to nodeFailed')
  expect(words).not.toContain('jupiter came to director')
})

test('the newest event stands first, with who gave an order; the actors’ own stand among them', () => {
  const timeline = [entryOf('director', 'jupiter', 60), entryOf('drain', 'saturn', 10, { by: 'the control socket' })]
  const internals = [{ atMs: NOW_MS - 30_000, actor: 'elector', words: 'INIT → BACKUP (start)' }]
  const [list] = entriesView(known({ timeline }), internals)
  const rows = list!.children.map((row) => textOf(row))
  expect(rows[0]).toContain('saturn came to drain, by the control socket')
  expect(rows[1]).toContain('elector INIT → BACKUP (start)')
  expect(rows[2]).toContain('jupiter came to director')
  expect(textOf(h('div', {}, entriesView(known({ timeline: [] }), [])))).toBe('Nothing has happened yet.')
})
