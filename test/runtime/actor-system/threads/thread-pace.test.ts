import { expect, test } from 'vitest'
import { ThreadPace } from '../../../../runtime/actor-system/threads/thread-pace.ts'
import { refused } from '../../../../runtime/ports/result.ts'
import { FakeClock } from '../../../fakes/clock.ts'
import { FakeScheduling } from '../../../fakes/scheduling.ts'

function startedPace(answer = new FakeScheduling().answer) {
  const clock = new FakeClock()
  const scheduling = new FakeScheduling()
  scheduling.answer = answer
  const told: string[] = []
  const lines: string[] = []
  const pace = new ThreadPace('elector', scheduling, clock, {
    log: (level, line) => lines.push(`${level} ${line}`),
    changed: (to) => told.push(to),
  })
  pace.start()
  /** Half a second of which the thread worked so much. */
  const pass = (busyMs: number): void => {
    scheduling.spend(busyMs)
    clock.advance(500)
  }
  return { clock, scheduling, told, lines, pace, pass }
}

test('a thread becomes real-time when its start is over and it has had little to do for a second', () => {
  const { scheduling, told, lines, pass } = startedPace()
  for (const busyMs of [500, 450, 10, 300, 10]) pass(busyMs)
  expect(scheduling.asked).toEqual([])
  pass(10)
  expect(scheduling.asked).toEqual(['realtime'])
  expect(told).toEqual(['realtime'])
  expect(lines).toEqual(['info scheduling: elector is real-time'])
})

test('a flood does not starve the host: a thread that takes most of a core is ordinary until that is over', () => {
  const { told, lines, pass } = startedPace()
  for (const busyMs of [10, 10, 300, 490, 490, 300, 10]) pass(busyMs)
  expect(told).toEqual(['realtime', 'ordinary'])
  pass(10)
  expect(told).toEqual(['realtime', 'ordinary', 'realtime'])
  expect(lines[1]).toBe('warn scheduling: elector is ordinary while there is so much to do (98 % of a core)')
  expect(lines[2]).toBe('info scheduling: elector is real-time again')
})

test('where it is not permitted it stays ordinary, says so once and asks no more', () => {
  const { clock, scheduling, told, lines, pass } = startedPace(refused('EPERM', 'Operation not permitted'))
  for (const busyMs of [10, 10, 10, 10]) pass(busyMs)
  expect(scheduling.asked).toEqual(['realtime'])
  expect(told).toEqual([])
  expect(lines).toEqual([
    'info scheduling: elector stays ordinary, real-time is not to be had (Operation not permitted)',
  ])
  expect(clock.nextDueMs()).toBeUndefined()
})

test('an actor that ends leaves its thread ordinary and no timer', () => {
  const { clock, scheduling, pace, pass } = startedPace()
  pass(10)
  pass(10)
  pace.end()
  expect(scheduling.asked).toEqual(['realtime', 'ordinary'])
  expect(clock.nextDueMs()).toBeUndefined()
})
