import { describe, expect, test } from 'vitest'
import type { TimelineEntry } from '../../../../actors/inspector/messages.ts'
import { lineOf } from '../../../../actors/inspector/timeline/entry-lines.ts'
import { Journal } from '../../../../actors/inspector/timeline/journal.ts'
import { TIMELINE_KEPT } from '../../../../actors/inspector/timeline/timeline.ts'
import type { JournalFile } from '../../../../runtime/ports/process/journal-file.ts'
import { done, type Result, refused } from '../../../../runtime/ports/result.ts'
import { FakeClock } from '../../../fakes/clock.ts'

const entryOf = (id: number): TimelineEntry => ({
  id,
  at: '2026-01-01T00:00:00.000Z',
  node: 'jupiter',
  address: '10.0.0.1',
  kind: 'drain',
  words: `number ${id}`,
  level: 'info',
  by: null,
})
const linesOf = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => lineOf(entryOf(first + index))).join('')

/** A file on a disk that may be full, or stand still. */
class FakeFile implements JournalFile {
  text: string
  full = false
  stuck = false
  readonly writes: string[] = []

  constructor(text = '') {
    this.text = text
  }

  read(): Promise<Result<string>> {
    return this.#answer(() => (this.full ? refused('EIO', 'EIO: i/o error') : { ok: true, value: this.text }))
  }

  append(_path: string, text: string): Promise<Result> {
    return this.#written('append', this.text + text)
  }

  replace(_path: string, text: string): Promise<Result> {
    return this.#written('replace', text)
  }

  #written(how: string, text: string): Promise<Result> {
    this.writes.push(how)
    return this.#answer(() => {
      if (this.full) return refused('ENOSPC', 'ENOSPC: no space left on device')
      this.text = text
      return done
    })
  }

  #answer<Value>(make: () => Result<Value>): Promise<Result<Value>> {
    return this.stuck ? new Promise(() => undefined) : Promise.resolve().then(make)
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

function journalOf(file: FakeFile) {
  const clock = new FakeClock()
  const lines: string[] = []
  const entries: TimelineEntry[] = []
  const journal = new Journal({
    path: '/var/lib/proxyha/timeline',
    file,
    clock,
    log: (level, line) => lines.push(`${level}: ${line}`),
    entries: () => entries.slice(-TIMELINE_KEPT),
  })
  const add = (first: number, last = first) => {
    for (let id = first; id <= last; id++) {
      entries.push(entryOf(id))
      journal.add(entryOf(id))
    }
  }
  return { journal, clock, lines, entries, add }
}

describe('the file of the timeline', () => {
  test('grows by a line an entry; what comes while one is written goes with the next write', async () => {
    const file = new FakeFile()
    const { journal, add } = journalOf(file)
    expect(await journal.read()).toEqual([])
    add(1, 5)
    await settled()
    expect(file.text).toBe(linesOf(1, 5))
    expect(file.writes).toEqual(['append', 'append'])
  })

  test('is read at the start, and goes on', async () => {
    const file = new FakeFile(linesOf(1, 2))
    const { journal, entries, add } = journalOf(file)
    entries.push(...(await journal.read()))
    add(3)
    await settled()
    expect(file.text).toBe(linesOf(1, 3))
    expect(file.writes).toEqual(['append'])
  })

  test('is made anew of what is kept when it has 2000 lines', async () => {
    const file = new FakeFile()
    const { journal, add } = journalOf(file)
    await journal.read()
    for (let id = 1; id <= 2001; id += 3) {
      add(id, id + 2)
      await settled()
    }
    expect(file.writes.filter((how) => how === 'replace')).toHaveLength(1)
    expect(file.text).toBe(linesOf(1002, 2001))
  })

  test('with a last line that was cut off is made anew, so that the next one is not lost with it', async () => {
    const file = new FakeFile(linesOf(1, 2).slice(0, -9))
    const { journal, entries, add } = journalOf(file)
    entries.push(...(await journal.read()))
    add(3)
    await settled()
    expect(file.text).toBe(lineOf(entryOf(1)) + lineOf(entryOf(3)))
  })

  test('on a full disk: said once, tried once a minute, and whole again when there is room', async () => {
    const file = new FakeFile()
    const { journal, clock, lines, add } = journalOf(file)
    await journal.read()
    file.full = true
    add(1)
    await settled()
    const problem = 'ENOSPC: no space left on device'
    const said = `warn: timeline: cannot be kept in /var/lib/proxyha/timeline, so a restart forgets it: ${problem}`
    expect([journal.problem, lines]).toEqual([problem, [said]])
    add(2, 20)
    clock.advance(59_000)
    await settled()
    expect(file.writes).toHaveLength(1)
    clock.advance(61_000)
    await settled()
    expect(lines).toEqual([said])
    file.full = false
    clock.advance(60_000)
    await settled()
    expect(file.text).toBe(linesOf(1, 20))
    expect([journal.problem, lines.at(-1)]).toEqual([
      null,
      'info: timeline: is kept in /var/lib/proxyha/timeline again',
    ])
    add(21)
    await settled()
    expect(file.text).toBe(linesOf(1, 21))
  })

  test('that cannot be read begins anew', async () => {
    const file = new FakeFile(linesOf(1, 2))
    const { journal, lines } = journalOf(file)
    file.full = true
    expect(await journal.read()).toEqual([])
    expect(lines).toHaveLength(1)
  })

  test('on a disk that stands still holds up neither the start nor the stop', async () => {
    const file = new FakeFile()
    const { journal, clock, add } = journalOf(file)
    file.stuck = true
    const read = journal.read()
    clock.advance(1000)
    expect(await read).toEqual([])
    clock.advance(60_000)
    add(1, 3000)
    const stopped = journal.stop()
    clock.advance(1000)
    await stopped
    expect(file.writes).toHaveLength(1)
  })

  test('has at the stop what was told before', async () => {
    const file = new FakeFile()
    const { journal, add } = journalOf(file)
    await journal.read()
    add(1, 3)
    await journal.stop()
    expect(file.text).toBe(linesOf(1, 3))
  })
})
