import { expect, test } from 'vitest'
import {
  LINES_KEPT,
  REPEATS_BURST,
  RepeatedLines,
  SUMMED_UP_MS,
} from '../../../../runtime/actor-system/inspection/repeated-lines.ts'
import { FakeClock } from '../../../fakes/clock.ts'

function repeatedLines() {
  const clock = new FakeClock()
  const lines: string[] = []
  const log = new RepeatedLines(clock, (level, line) => lines.push(`${level} ${line}`))
  return { clock, lines, log }
}

test('a link that flaps is told as it happens at first, then summed up', () => {
  const { clock, lines, log } = repeatedLines()
  for (let flap = 0; flap < 40; flap++) {
    log.write('warn', 'eth0 is down')
    log.write('info', 'eth0 is up')
    clock.advance(250)
  }
  expect(lines.filter((line) => line === 'warn eth0 is down')).toHaveLength(REPEATS_BURST)
  clock.advance(SUMMED_UP_MS)
  expect(lines).toHaveLength(2 * REPEATS_BURST + 2)
  expect(lines.slice(-2)).toEqual([
    'warn eth0 is down (35 times in the last 10 s)',
    'info eth0 is up (35 times in the last 10 s)',
  ])
  clock.advance(600_000)
  log.write('warn', 'eth0 is down')
  expect(lines.at(-1)).toBe('warn eth0 is down')
})

test('what goes on and on is told once in the time of a sum', () => {
  const { clock, lines, log } = repeatedLines()
  const forMs = 600_000
  for (let atMs = 0; atMs < forMs; atMs += 100) {
    log.write('info', 'again')
    clock.advance(100)
  }
  expect(lines.length).toBeLessThanOrEqual(REPEATS_BURST + forMs / SUMMED_UP_MS)
  const said = lines.map((line) => Number(/\((\d+) times/.exec(line)?.[1] ?? 1))
  expect(said.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(forMs / 100 - SUMMED_UP_MS / 100 - 1)
})

test('lines that differ in a duration alone are one, and lines about two nodes are two', () => {
  const { clock, lines, log } = repeatedLines()
  for (let nth = 0; nth < 20; nth++) {
    log.write('info', `no advert from 10.0.0.1 for ${(3 + nth / 10).toFixed(1)} s`)
    log.write('warn', `Scanning partner has failed 10.0.0.${nth}`)
  }
  expect(lines.filter((line) => line.includes('failed'))).toHaveLength(20)
  expect(lines.filter((line) => line.includes('no advert'))).toHaveLength(REPEATS_BURST)
  clock.advance(SUMMED_UP_MS)
  expect(lines.at(-1)).toBe('info no advert from 10.0.0.1 for 4.9 s (15 times in the last 10 s)')
})

test('one that came once too often is told late, and says so; after a time without it, it is told at once again', () => {
  const { clock, lines, log } = repeatedLines()
  for (let nth = 0; nth <= REPEATS_BURST; nth++) log.write('info', 'again')
  clock.advance(SUMMED_UP_MS)
  expect(lines.slice(REPEATS_BURST)).toEqual(['info again (once in the last 10 s)'])
  log.write('info', 'again')
  clock.advance(SUMMED_UP_MS)
  expect(lines.slice(REPEATS_BURST + 1)).toEqual(['info again (once in the last 10 s)'])
  clock.advance(SUMMED_UP_MS)
  log.write('info', 'again')
  expect(lines.slice(REPEATS_BURST + 2)).toEqual(['info again'])
})

test('of more lines than are remembered none is lost', () => {
  const { clock, lines, log } = repeatedLines()
  for (let nth = 0; nth <= REPEATS_BURST; nth++) log.write('info', 'held')
  for (let nth = 0; nth < 3 * LINES_KEPT; nth++) log.write('info', `line number ${nth}`)
  clock.advance(SUMMED_UP_MS)
  expect(lines).toHaveLength(REPEATS_BURST + 1 + 3 * LINES_KEPT)
})
