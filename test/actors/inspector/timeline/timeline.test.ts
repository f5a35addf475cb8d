import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TimelineEntry } from '../../../../actors/inspector/messages.ts'
import { entriesIn, lineOf } from '../../../../actors/inspector/timeline/entry-lines.ts'
import { TIMELINE_KEPT, Timeline } from '../../../../actors/inspector/timeline/timeline.ts'
import type { Told } from '../../../../actors/inspector/timeline/words.ts'

const toldAt = (seconds: number, words = `at ${seconds}`): Told => ({
  at: new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString(),
  node: 'jupiter',
  address: '10.0.0.1',
  kind: 'drain',
  words,
  level: 'info',
  by: null,
})
const entryAt = (id: number): TimelineEntry => ({ id, ...toldAt(id) })
const idsOf = (entries: readonly TimelineEntry[]) => entries.map(({ id }) => id)

describe('the timeline', () => {
  test('keeps the last 1000, and goes on counting where the one before has ended', () => {
    const added: TimelineEntry[] = []
    const timeline = new Timeline([entryAt(7)], (entry) => added.push(entry), 0)
    for (let second = 8; second < 8 + TIMELINE_KEPT; second++) timeline.add(toldAt(second), second * 1000)
    expect(timeline.entries).toHaveLength(TIMELINE_KEPT)
    expect([timeline.entries[0]?.id, timeline.entries.at(-1)?.id]).toEqual([8, 1007])
    expect(added).toHaveLength(TIMELINE_KEPT)
  })

  test('gives those after an entry; all where that is of another timeline', () => {
    const timeline = new Timeline([1, 2, 3].map(entryAt), () => undefined, 0)
    expect(idsOf(timeline.since(undefined, 1000))).toEqual([1, 2, 3])
    expect(idsOf(timeline.since(undefined, 2))).toEqual([2, 3])
    expect(idsOf(timeline.since(1, 1000))).toEqual([2, 3])
    expect(idsOf(timeline.since(3, 1000))).toEqual([])
    expect(idsOf(timeline.since(700, 1000))).toEqual([1, 2, 3])
  })

  test('takes what it is given again only once, as an inspector is that was restarted', () => {
    const timeline = new Timeline([], () => undefined, 0)
    for (const told of [toldAt(1), toldAt(2), toldAt(1), toldAt(2), toldAt(2, 'another')]) timeline.add(told, 0)
    expect(timeline.entries.map(({ words }) => words)).toEqual(['at 1', 'at 2', 'another'])
  })

  test('is not flooded: what comes too fast is counted, and that is told with the next', () => {
    const timeline = new Timeline([], () => undefined, 0)
    for (let index = 0; index < 250; index++) timeline.add(toldAt(index), 0)
    expect(timeline.entries).toHaveLength(200)
    timeline.add(toldAt(300), 1000)
    expect(timeline.entries.slice(-2).map(({ kind, words }) => `${kind}: ${words}`)).toEqual([
      'suppressed: 50 entries are missing here: there were too many at once',
      'drain: at 300',
    ])
  })
})

describe('the lines of its file', () => {
  test('are read as they were written', () => {
    const entries = [1, 2, 3].map(entryAt)
    expect(entriesIn(entries.map(lineOf).join(''))).toEqual(entries)
  })

  test('give the last 1000, where there are more', () => {
    const text = Array.from({ length: 1500 }, (_, index) => lineOf(entryAt(index + 1))).join('')
    expect(entriesIn(text)).toHaveLength(TIMELINE_KEPT)
    expect(entriesIn(text).at(-1)?.id).toBe(1500)
  })

  test('that were cut off are left out, at every length', () => {
    const text = lineOf(entryAt(1)) + lineOf(entryAt(2))
    const first = lineOf(entryAt(1)).length
    for (let length = first; length < text.length - 1; length++)
      expect(idsOf(entriesIn(text.slice(0, length)))).toEqual([1])
  })

  test.each<[string, unknown]>([
    ['no object', null],
    ['a number as text', { ...entryAt(2), id: '2' }],
    ['a number that others could not follow', { ...entryAt(2), id: 1e15 }],
    ['a number that was there', entryAt(1)],
    ['no time', { ...entryAt(2), at: 'yesterday' }],
    ['no words', { ...entryAt(2), words: undefined }],
    ['another level', { ...entryAt(2), level: 'loud' }],
    ['too long', { ...entryAt(2), words: 'x'.repeat(5000) }],
  ])('that have %s are left out', (_title, value) => {
    const text = `${lineOf(entryAt(1))}${JSON.stringify(value)}\n${lineOf(entryAt(3))}`
    expect(idsOf(entriesIn(text))).toEqual([1, 3])
  })

  test('may be anything: no text is more than no entries', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => entriesIn(text).length === 0))
  })
})
