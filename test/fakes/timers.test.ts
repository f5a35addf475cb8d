import { expect, test } from 'vitest'
import { FakeClock } from './clock.ts'
import { Timers } from './timers.ts'

test('an expiry that waits is dropped when its timer is restarted or cancelled meanwhile', () => {
  const clock = new FakeClock()
  const overdue: (() => void)[] = []
  const timers = new Timers((delayMs, fire) => clock.setTimer(delayMs, () => overdue.push(fire)))
  const expired: string[] = []
  const start = (timer: string) =>
    timers.perform({ type: 'startTimer', timer, delayMs: 10 }, (expiry) => expired.push(expiry.timer))
  for (const timer of ['let be', 'restarted', 'cancelled']) start(timer)
  clock.advance(10)
  start('restarted')
  timers.perform({ type: 'cancelTimer', timer: 'cancelled' }, () => undefined)
  for (const fire of overdue.splice(0)) fire()
  expect(expired).toEqual(['let be'])
  clock.advance(10)
  for (const fire of overdue) fire()
  expect(expired).toEqual(['let be', 'restarted'])
})
