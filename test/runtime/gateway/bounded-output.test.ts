import { describe, expect, test } from 'vitest'
import { BoundedOutput, MAX_WAITING_BYTES } from '../../../runtime/gateway/bounded-output.ts'
import { FakeClock } from '../../fakes/clock.ts'

/** A descriptor that does what it is told to; by default nothing, as one whose reader stalls for good. */
function output() {
  const clock = new FakeClock()
  const told: string[] = []
  const fd = { written: '', answer: (_bytes: Buffer): number | string | undefined => undefined }
  const out = new BoundedOutput(
    (bytes, done) => {
      const answer = fd.answer(Buffer.from(bytes))
      if (typeof answer === 'string') done(Object.assign(new Error(`${answer}: refused`), { code: answer }), 0)
      if (typeof answer !== 'number') return
      fd.written += Buffer.from(bytes).subarray(0, answer).toString()
      done(null, answer)
    },
    clock,
    { lost: (reason) => told.push(`lost: ${reason}`), recovered: (lines) => told.push(`recovered: ${lines}`) },
  )
  const isEnded = async (patienceMs: number): Promise<() => boolean> => {
    let ended = false
    void out.end(patienceMs).then(() => {
      ended = true
    })
    await Promise.resolve()
    return () => ended
  }
  return { out, clock, fd, told, isEnded }
}
const all = (bytes: Buffer): number => bytes.length
const settled = () => new Promise(setImmediate)

describe('the end of the process', () => {
  test('does not wait where nothing waits', async () => {
    const { out, fd, isEnded } = output()
    fd.answer = all
    out.write('one\n')
    expect((await isEnded(1000))()).toBe(true)
    expect(fd.written).toBe('one\n')
  })

  test('waits for a write that never answers no longer than its patience', async () => {
    const { out, clock, isEnded } = output()
    out.write('one\n')
    const ended = await isEnded(1000)
    clock.advance(999)
    await settled()
    expect(ended()).toBe(false)
    clock.advance(1)
    await settled()
    expect(ended()).toBe(true)
  })

  test('waits for a reader that stalls (EAGAIN) no longer than its patience, and writes what it still takes', async () => {
    const { out, clock, fd, isEnded } = output()
    fd.answer = () => 'EAGAIN'
    out.write('one\n')
    const ended = await isEnded(1000)
    clock.advance(500)
    fd.answer = all
    clock.advance(50)
    await settled()
    expect([fd.written, ended()]).toEqual(['one\n', true])
  })

  test('does not wait for a disk that is full (ENOSPC)', async () => {
    const { out, fd, isEnded } = output()
    fd.answer = () => 'ENOSPC'
    out.write('one\n')
    expect((await isEnded(1000))()).toBe(true)
  })

  test('is not held up by a disk that fills up meanwhile', async () => {
    const { out, clock, fd, isEnded } = output()
    fd.answer = () => 'EAGAIN'
    out.write('one\n')
    const ended = await isEnded(1000)
    fd.answer = () => 'ENOSPC'
    clock.advance(50)
    await settled()
    expect(ended()).toBe(true)
  })
})

describe('what is not taken', () => {
  test('is bounded: lines beyond it are dropped, counted, and that is told once', () => {
    const { out, told } = output()
    const line = `${'x'.repeat(1023)}\n`
    for (let count = 0; count < MAX_WAITING_BYTES / 1024 + 7; count++) out.write(line)
    expect(out.dropped).toBe(7)
    expect(told).toEqual(['lost: it is not read'])
  })

  test('is tried again, and told when it is over, with the number of lines that were lost', () => {
    const { out, clock, fd, told } = output()
    fd.answer = () => 'ENOSPC'
    out.write('one\n')
    out.write('two\n')
    clock.advance(1000)
    fd.answer = all
    clock.advance(1000)
    out.write('three\n')
    expect(fd.written).toBe('three\n')
    expect(told).toEqual(['lost: ENOSPC: refused', 'recovered: 2'])
  })

  test('a full disk is not asked more than once a second', () => {
    const { out, clock, fd } = output()
    let asked = 0
    fd.answer = () => {
      asked += 1
      return 'ENOSPC'
    }
    for (let tenth = 0; tenth < 100; tenth++) {
      out.write('line\n')
      clock.advance(100)
    }
    expect(asked).toBeLessThanOrEqual(11)
  })

  test('a line that was written in part is ended before the next one', () => {
    const { out, clock, fd } = output()
    fd.answer = () => 2
    let writes = 0
    fd.answer = () => (writes++ === 0 ? 2 : 'ENOSPC')
    out.write('one\n')
    fd.answer = all
    clock.advance(1000)
    out.write('two\n')
    expect(fd.written).toBe('on\ntwo\n')
  })
})

test('what is taken in pieces arrives whole and in order', () => {
  const { out, fd } = output()
  fd.answer = (bytes) => Math.min(bytes.length, 5)
  for (const line of ['first\n', 'second\n', 'third\n']) out.write(line)
  expect(fd.written).toBe('first\nsecond\nthird\n')
  expect(out.dropped).toBe(0)
})
