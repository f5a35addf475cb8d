import { expect, test } from 'vitest'
import { PING_INTERVAL_MS, Watchdog } from '../../../../runtime/actor-system/supervision/watchdog.ts'

const STALL_MS = 5000

/** Ticks a watchdog through the seconds; `answered` is each actor's sign of life at that second. */
function stallsOver(seconds: readonly number[], answered: (name: string, second: number) => number): string[] {
  const watchdog = new Watchdog(STALL_MS, 0)
  return seconds.flatMap((second) =>
    watchdog
      .tick(
        ['one', 'other'].map((name) => ({ name, signOfLife: answered(name, second) })),
        second * PING_INTERVAL_MS,
      )
      .stalls.map(({ name }) => `${name} at ${second}`),
  )
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)

test('who answers each ping is never found stalled', () => {
  expect(stallsOver(upTo(100), (_, second) => second)).toEqual([])
})

test('who is silent for the whole period is found stalled, and only that one', () => {
  const found = stallsOver(upTo(8), (name, second) => (name === 'one' ? Math.min(second, 2) : second))
  expect(found).toEqual(['one at 7', 'one at 8'])
})

test('after its own lateness everybody gets a full period anew: SIGSTOP three times is no mass kill', () => {
  // Asleep in 4..13, 17..26 and 30..39; nobody could answer meanwhile, and the answers come a tick later.
  const awake = [1, 2, 3, 14, 15, 16, 27, 28, 29, 40, 41, 42, 43, 44]
  expect(stallsOver(awake, (_, second) => awake.indexOf(second))).toEqual([])
  const asleep = stallsOver(awake, (_, second) => Math.min(awake.indexOf(second), 2))
  expect(asleep).toEqual([])
})

test('it tells since when somebody has been silent, as far as it has seen', () => {
  const watchdog = new Watchdog(STALL_MS, 0)
  expect(watchdog.silentMs('one', 500)).toBe(Number.POSITIVE_INFINITY)
  for (const second of [1, 2, 3]) watchdog.tick([{ name: 'one', signOfLife: Math.min(second, 2) }], second * 1000)
  expect(watchdog.silentMs('one', 3000)).toBe(1000)
  watchdog.forget('one')
  expect(watchdog.silentMs('one', 3000)).toBe(Number.POSITIVE_INFINITY)
})

test('a stall that goes on after the lateness is still found', () => {
  const found = stallsOver([1, 2, 13, 14, 15, 16, 17, 18], (name, second) => (name === 'one' ? 1 : second))
  expect(found).toEqual(['one at 18'])
})

test('a restarted actor begins with a full period', () => {
  const watchdog = new Watchdog(STALL_MS, 0)
  for (const second of upTo(5)) watchdog.tick([{ name: 'one', signOfLife: 0 }], second * 1000)
  watchdog.forget('one')
  expect(watchdog.tick([{ name: 'one', signOfLife: 0 }], 6000).stalls).toEqual([])
  expect(watchdog.tick([{ name: 'one', signOfLife: 0 }], 7000).stalls).toEqual([])
})

test('only who gave no sign of life since the last tick is to be pinged', () => {
  const watchdog = new Watchdog(STALL_MS, 0)
  const quietAt = (second: number, busy: number, idle: number) =>
    watchdog.tick(
      [
        { name: 'busy', signOfLife: busy },
        { name: 'idle', signOfLife: idle },
      ],
      second * PING_INTERVAL_MS,
    ).quiet
  expect(quietAt(1, 0, 0)).toEqual([])
  expect(quietAt(2, 7, 0)).toEqual(['idle'])
  expect(quietAt(3, 9, 1)).toEqual([])
  expect(quietAt(4, 10, 1)).toEqual(['idle'])
})
