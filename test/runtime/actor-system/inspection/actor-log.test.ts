import { expect, test } from 'vitest'
import { ActorLog } from '../../../../runtime/actor-system/inspection/actor-log.ts'
import { LOG_BURST } from '../../../../runtime/actor-system/inspection/limited-log.ts'
import { LogThreshold } from '../../../../runtime/actor-system/inspection/log-threshold.ts'
import { FakeClock } from '../../../fakes/clock.ts'

function actorLog() {
  const clock = new FakeClock()
  const lines: string[] = []
  const threshold = new LogThreshold()
  // The thread of the actor has the same memory.
  const log = new ActorLog(clock, new LogThreshold(threshold.shared), (level, line) => lines.push(`${level} ${line}`))
  return { clock, lines, log, threshold }
}

test('what is below the level goes no further than the thread, and the level changes while that runs', () => {
  const { lines, log, threshold } = actorLog()
  const sayAll = () => {
    for (const level of ['error', 'warn', 'info', 'debug'] as const) log.write(level, 'said')
  }
  threshold.level = 'warn'
  sayAll()
  expect(lines.splice(0)).toEqual(['error said', 'warn said'])
  threshold.level = 'debug'
  sayAll()
  expect(lines.splice(0)).toEqual(['error said', 'warn said', 'info said', 'debug said'])
  expect(log.passes('debug')).toBe(true)
})

test('however much debug tells, there is room for the rest', () => {
  const { clock, lines, log, threshold } = actorLog()
  threshold.level = 'debug'
  for (let nth = 0; nth < 2 * LOG_BURST; nth++) log.write('debug', `step ${nth}`)
  log.write('warn', 'what matters')
  expect(lines).toHaveLength(LOG_BURST + 1)
  expect(lines.at(-1)).toBe('warn what matters')
  clock.advance(1000)
  expect(lines.at(-1)).toBe(`warn ${LOG_BURST} debug lines were suppressed`)
})
