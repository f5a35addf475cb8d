import { expect, test } from 'vitest'
import { LimitedLog, LOG_BURST, LOG_PER_SECOND } from '../../../../runtime/actor-system/inspection/limited-log.ts'
import { FakeClock } from '../../../fakes/clock.ts'

function createLog() {
  const clock = new FakeClock()
  const lines: string[] = []
  const log = new LimitedLog(clock, (_level, line) => lines.push(line))
  return { clock, lines, log }
}

test('a burst passes, what is above it is counted and said once', () => {
  const { clock, lines, log } = createLog()
  for (let line = 0; line < LOG_BURST + 50; line++) log.write('info', `line ${line}`)
  expect(lines).toHaveLength(LOG_BURST)
  clock.advance(5000)
  expect(lines).toHaveLength(LOG_BURST + 1)
  expect(lines.at(-1)).toBe('50 log lines were suppressed')
})

test('in the long run no more pass than the rate allows', () => {
  const { clock, lines, log } = createLog()
  const seconds = 60
  for (let tick = 0; tick < seconds * 100; tick++) {
    log.write('info', 'again')
    clock.advance(10)
  }
  const passed = lines.filter((line) => line === 'again').length
  expect(passed).toBeLessThanOrEqual(LOG_BURST + seconds * LOG_PER_SECOND)
  expect(passed).toBeGreaterThan(seconds * LOG_PER_SECOND)
  const said = lines.filter((line) => line.endsWith('suppressed')).map((line) => Number.parseInt(line, 10))
  clock.advance(1000)
  expect(passed + said.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(seconds * 100 - 101)
})
