import { describe, expect, test } from 'vitest'
import type { ObservedStep } from '../../../../runtime/actor-system/machine/observed-step.ts'
import { MAX_FILE_BYTES, Recorder } from '../../../../runtime/actor-system/recording/recorder.ts'
import { RecordingError } from '../../../../runtime/actor-system/recording/recording-error.ts'
import { MAX_WAITING_BYTES, REFUSED_MS } from '../../../../runtime/actor-system/recording/recording-output.ts'
import { type PureMachine, readHeader, replay } from '../../../../runtime/actor-system/recording/replay.ts'
import { FakeClock } from '../../../fakes/clock.ts'

/** Adds up what it is given. */
const adder: PureMachine = {
  machine: 'adder',
  step: (state: { sum: number }, event: { by: number }) => {
    const sum = state.sum + event.by
    return { state: { sum }, effects: sum > 9 ? [{ type: 'full' }] : [] }
  },
  label: ({ sum }: { sum: number }) => (sum > 9 ? 'full' : 'filling'),
}

/** Files in memory, on a disk that is slow, or refuses, while it is told to be. */
function recorder() {
  const clock = new FakeClock(1000, Date.UTC(2026, 0, 1))
  const disk = { files: [] as string[], waiting: [] as (() => void)[], isSlow: false, refusal: null as Error | null }
  const refusals: string[] = []
  const carryOut = (act: () => void, done: (error: Error | null) => void) => {
    const call = () => {
      const { refusal } = disk
      if (refusal === null) act()
      done(refusal)
    }
    if (disk.isSlow) disk.waiting.push(call)
    else call()
  }
  const one = new Recorder({
    actor: 'adder-2',
    version: '1.2.3',
    clock,
    refused: (reason) => refusals.push(reason),
    open: () => ({
      begin: (done) => carryOut(() => disk.files.push(''), done),
      append: (bytes, done) =>
        carryOut(() => {
          disk.files[disk.files.length - 1] += Buffer.from(bytes).toString()
        }, done),
    }),
  })
  let state = { sum: 0 }
  one.began('adder', state)
  /** The machine takes an event, which may be long. */
  const add = (by: number, text = ''): void => {
    const event = { type: 'add', by, text }
    const before = adder.label(state)
    const next = adder.step(state, event, clock.nowMs())
    state = next.state as typeof state
    const step: ObservedStep = {
      machine: 'adder',
      nowMs: clock.nowMs(),
      event,
      before,
      after: adder.label(state),
      effects: next.effects,
    }
    one.stepped(step, state)
  }
  const linesOf = (file: number): readonly string[] => disk.files[file]!.split('\n').filter(Boolean)
  const recover = () => {
    disk.isSlow = false
    for (const call of disk.waiting.splice(0)) call()
  }
  return { one, add, clock, disk, refusals, linesOf, recover }
}

const outcome = (lines: readonly string[]) =>
  [...replay(lines, adder, [])].map(({ after, difference }) => `${after} ${difference ?? 'as recorded'}`)

describe('what is recorded', () => {
  test('begins with who, by what, when and in which state, and is replayed to the same end', () => {
    const { add, clock, linesOf } = recorder()
    add(4)
    clock.advance(1500)
    add(6)
    expect(readHeader(linesOf(0)[0])).toEqual({
      recording: 1,
      version: '1.2.3',
      actor: 'adder-2',
      machine: 'adder',
      missed: 0,
      at: '2026-01-01T00:00:00.000Z',
      nowMs: 1000,
      state: { sum: 0 },
    })
    const steps = [...replay(linesOf(0), adder, [])]
    expect(steps.map(({ before, after }) => [before, after])).toEqual([
      ['filling', 'filling'],
      ['filling', 'full'],
    ])
    expect(steps.map(({ wallMs }) => wallMs - Date.UTC(2026, 0, 1))).toEqual([0, 1500])
    expect(steps.map(({ effects }) => effects)).toEqual([[], [{ type: 'full' }]])
    expect(steps.every(({ difference }) => difference === null)).toBe(true)
  })

  test('is bounded: the next file begins with the state of then, and is replayed by itself', () => {
    const { add, disk, linesOf } = recorder()
    const long = 'x'.repeat(MAX_FILE_BYTES / 4)
    for (let nth = 0; nth < 9; nth++) add(1, long)
    expect(disk.files.length).toBe(3)
    for (const file of disk.files) expect(file.length).toBeLessThan(MAX_FILE_BYTES + long.length + 1000)
    expect(readHeader(linesOf(2)[0])).toMatchObject({ state: { sum: 8 }, missed: 0 })
    add(1)
    expect(outcome(linesOf(2))).toEqual(['filling as recorded', 'full as recorded'])
  })
})

describe('a disk', () => {
  test('that is slow costs steps, never more memory than is allowed; the next file says how many', () => {
    const { add, disk, linesOf, recover } = recorder()
    disk.isSlow = true
    const long = 'x'.repeat(MAX_WAITING_BYTES / 8)
    for (let nth = 0; nth < 100; nth++) add(0, long)
    expect(disk.waiting).toHaveLength(1)
    recover()
    add(1)
    add(9)
    expect(disk.files).toHaveLength(2)
    const { missed } = readHeader(linesOf(1)[0])
    expect(missed).toBe(101 - outcome(linesOf(0)).length)
    expect(missed).toBeGreaterThan(90)
    expect(outcome(linesOf(1))).toEqual(['full as recorded'])
  })

  test('that refuses is tried again after a while, with a new file', () => {
    const { add, clock, disk, refusals, linesOf } = recorder()
    add(1)
    disk.refusal = new Error('no space left on device')
    for (let nth = 0; nth < 5; nth++) add(1)
    expect(refusals).toEqual(['no space left on device'])
    disk.refusal = null
    clock.advance(REFUSED_MS)
    add(1)
    add(3)
    expect(disk.files).toHaveLength(2)
    expect(readHeader(linesOf(1)[0])).toMatchObject({ state: { sum: 7 }, missed: 6 })
    expect(outcome(linesOf(1))).toEqual(['full as recorded'])
  })

  test('that never answers does not hold up the end', async () => {
    const { one, add, clock, disk, recover } = recorder()
    disk.isSlow = true
    add(1)
    let isOver = false
    const end = one.end(200).then(() => {
      isOver = true
    })
    clock.advance(199)
    await Promise.resolve()
    expect(isOver).toBe(false)
    clock.advance(1)
    await end
    add(1)
    recover()
    await one.end(200)
  })
})

describe('a replay', () => {
  test('tells what is not as it was recorded', () => {
    const { add, linesOf } = recorder()
    add(4)
    add(6)
    const otherwise: PureMachine = { ...adder, label: ({ sum }) => (sum > 3 ? 'full' : 'filling') }
    expect([...replay(linesOf(0), otherwise, [])].map(({ difference }) => difference)).toEqual(['after', 'before'])
    const silent: PureMachine = { ...adder, step: (...taken) => ({ ...adder.step(...taken), effects: [] }) }
    expect([...replay(linesOf(0), silent, [])].map(({ difference }) => difference)).toEqual([null, 'effects'])
  })

  test('says so where a machine cannot go on from what was recorded', () => {
    const { add, linesOf } = recorder()
    add(4)
    const changed: PureMachine = {
      ...adder,
      step: () => {
        throw new TypeError('sum is undefined')
      },
    }
    expect(() => [...replay(linesOf(0), changed, [])]).toThrow(
      'by the machine of this version, at add: sum is undefined',
    )
  })

  test('ends where the last line was cut off', () => {
    const { add, linesOf } = recorder()
    add(4)
    add(6)
    const lines = [...linesOf(0).slice(0, -1), linesOf(0).at(-1)!.slice(0, -5)]
    expect(outcome(lines)).toEqual(['filling as recorded'])
  })

  test.each([
    'null',
    '7',
    '[]',
    '{"nowMs":1,"before":"filling","after":"filling","effects":[]}',
    '{"nowMs":1,"event":{"type":"fill"},"before":"filling","after":"filling"}',
    '{"nowMs":1,"event":{"type":"fill"},"before":"filling","after":"filling","effects":[{"type":"send","to":"x"}]}',
    '{"nowMs":1e300,"event":{"type":"fill"},"before":"filling","after":"filling","effects":[]}',
    '{"nowMs":1,"event":{"$":"Map","v":1},"before":"filling","after":"filling","effects":[]}',
  ])('refuses a line that is no step: %s', (line) => {
    const { add, linesOf } = recorder()
    add(4)
    expect(() => outcome([linesOf(0)[0]!, line])).toThrow(RecordingError)
  })

  test('refuses what is no recording, or one of another format', () => {
    const ofNoTime = '{"recording":1,"version":"1","machine":"tank","at":"never","nowMs":1}'
    for (const line of [undefined, '', 'x', '{}', '[]', 'null', '{"recording":"1"}', '{"recording":1}', ofNoTime])
      expect(() => readHeader(line)).toThrow(RecordingError)
    expect(() => readHeader('{"recording":2,"version":"9.0.0"}')).toThrow('version 9.0.0 of proxyha reads it')
  })
})
