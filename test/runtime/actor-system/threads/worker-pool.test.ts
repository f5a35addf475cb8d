import { afterEach, describe, expect, test } from 'vitest'
import type { InspectionDetail } from '../../../../runtime/actor-system/inspection/inspection.ts'
import { WorkerPool, type WorkerPoolOptions } from '../../../../runtime/actor-system/threads/worker-pool.ts'
import { linuxClock } from '../../../../runtime/ports/host/linux/clock.ts'
import type { SpinnerMessage } from '../fixtures/spinner.ts'

let pool: WorkerPool | undefined

afterEach(async () => {
  await pool?.stop(200)
  pool = undefined
})

const SIZE = 2

/** A pool of spinners; what it says can be awaited. */
function createPool(options: Partial<WorkerPoolOptions> = {}) {
  const beats = new Int32Array(new SharedArrayBuffer(SIZE * Int32Array.BYTES_PER_ELEMENT))
  const said: string[] = []
  /** How often each loop had gone round when the line was said. */
  const beatsWhenSaid: number[][] = []
  const waiting = new Set<() => void>()
  const say = (line: string): void => {
    said.push(line)
    beatsWhenSaid.push([...beats])
    for (const look of waiting) look()
  }
  const spinners = new WorkerPool({
    name: 'spinner',
    moduleUrl: new URL('../fixtures/spinner.ts', import.meta.url),
    size: SIZE,
    options: { beats: beats.buffer },
    restart: { maxRestarts: 3, windowMs: 60_000, backoffMs: { first: 10, max: 100 } },
    clock: linuxClock,
    stopMessage: () => ({ type: 'stop' }) satisfies SpinnerMessage,
    onMessage: (index, message) => say(`${index} said ${String(message)}`),
    onExit: (index, reason) => say(`${index} ended: ${reason}`),
    onEscalation: (index, reason) => say(`${index} escalated: ${reason}`),
    onInspection: (actor, detail: InspectionDetail) => say(`${actor} ${detail.type}`),
    ...options,
  })
  pool = spinners
  /** Resolves once so many lines match; rejects by the test's time limit only. */
  const heard = (pattern: RegExp, times = 1): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (said.filter((line) => pattern.test(line)).length < times) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  const post = (index: number, message: SpinnerMessage): boolean => spinners.post(index, message)
  /** Posts until the task, which may just be replaced, answers. */
  const answers = async (index: number, value: string): Promise<void> => {
    while (!post(index, { type: 'echo', value })) await heard(new RegExp(`^spinner-${index} spawned`)).then(soon)
    await heard(new RegExp(`^${index} said ${value}$`))
  }
  return { spinners, said, beatsWhenSaid, heard, post, answers }
}

const soon = (): Promise<void> => new Promise((resolve) => linuxClock.setTimer(5, resolve))

describe('a pool of tasks that block their threads', () => {
  test('all run at once, each on a thread of its own, and take messages', async () => {
    const { spinners, answers } = createPool()
    await spinners.start()
    // Neither ever leaves its thread, so that both answer means that there are two.
    await Promise.all([answers(0, 'hello'), answers(1, 'hallo')])
    expect(spinners.tasks.map((task) => task.describe())).toMatchObject([
      { name: 'spinner-0', state: 'running', restarts: 0 },
      { name: 'spinner-1', state: 'running', restarts: 0 },
    ])
  })

  const ends: readonly (readonly [string, SpinnerMessage | 'abort', RegExp])[] = [
    ['throws', { type: 'throw' }, /^0 ended: thrown in the task$/],
    ['returns', { type: 'return' }, /^0 ended: its task returned$/],
    ['ends its thread', { type: 'exit' }, /^0 ended: worker exited with code: 3$/],
    ['is killed by the test hook', 'abort', /^0 ended: its thread was killed by the test hook$/],
  ]
  test.each(ends)(
    'a task that %s is told of, once, when it is gone, and then replaced',
    async (_title, end, reason) => {
      const { spinners, said, heard, post, answers, beatsWhenSaid } = createPool({
        restart: { maxRestarts: 3, windowMs: 60_000, backoffMs: { first: 200, max: 200 } },
      })
      await spinners.start()
      await Promise.all([answers(0, 'before'), answers(1, 'before')])
      if (end === 'abort') expect(spinners.tasks[0]!.crash()).toBe(true)
      else post(0, end)
      await heard(/^spinner-0 spawned/, 2)
      expect(said.filter((line) => line.startsWith('0 ended'))).toEqual([expect.stringMatching(reason)])
      // From its end until just before its successor began, 200 ms, the loop has not gone round once more.
      const ended = said.findIndex((line) => line.startsWith('0 ended'))
      const replaced = said.lastIndexOf('spinner-0 spawned')
      expect(beatsWhenSaid[replaced]?.[0]).toBe(beatsWhenSaid[ended]?.[0])
      expect(beatsWhenSaid[ended]?.[0]).toBeGreaterThan(0)
      await answers(0, 'after')
      await answers(1, 'untouched')
      expect(said.filter((line) => line === 'spinner-1 crashed')).toEqual([])
      expect(spinners.tasks[0]!.describe()).toMatchObject({ restarts: 1 })
    },
  )

  test('a crash loop escalates after the restarts that are allowed', async () => {
    const { spinners, heard, said, answers } = createPool()
    await spinners.start()
    for (let crash = 1; crash <= 4; crash++) {
      await answers(0, `round ${crash}`)
      expect(spinners.tasks[0]!.crash()).toBe(true)
      await heard(/^0 ended/, crash)
    }
    await heard(/^0 escalated/)
    expect(said.filter((line) => line.startsWith('0 escalated'))).toEqual([
      '0 escalated: more than 3 crashes within 60 s; the last: its thread was killed by the test hook',
    ])
    expect(spinners.tasks[0]!.state).toBe('stopped')
    await answers(1, 'goes on')
  })

  test('a module that cannot be loaded is a start-up error', async () => {
    const { spinners } = createPool({ moduleUrl: new URL('./fixtures/no-such-task.ts', import.meta.url) })
    await expect(spinners.start()).rejects.toThrow(/spinner-\d could not start: .*no-such-task/)
  })

  test('stop lets tasks end in order, and kills those that do not within the patience', async () => {
    const { spinners, said, heard, post } = createPool()
    await spinners.start()
    post(0, { type: 'deaf' })
    await heard(/^0 said deaf now/)
    const startMs = performance.now()
    await spinners.stop(200)
    expect(performance.now() - startMs).toBeLessThan(4000)
    expect(said).toContain('0 ended: did not stop within 200 ms')
    expect(said).toContain('1 ended: stopped')
    expect(said.filter((line) => /restarting|crashed/.test(line))).toEqual(['spinner-0 crashed'])
    expect(post(1, { type: 'echo', value: 'anybody?' })).toBe(false)
  })
})
