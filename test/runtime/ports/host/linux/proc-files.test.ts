import { expect, test } from 'vitest'
import { parseCpuTimes, parseMemoryField, parsePressure } from '../../../../../runtime/ports/host/linux/proc-files.ts'

const STAT = 'cpu  100 10 50 800 40 3 2 5 7 1\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 12\n'

test('busy is everything but idle and waiting for I/O, stolen time included, guest time not twice', () => {
  expect(parseCpuTimes(STAT)).toEqual({ busy: 170, total: 1010 })
})

test('a /proc/stat without its first line tells nothing', () => {
  expect(parseCpuTimes('cpu0 1 1 1 1\n')).toBeUndefined()
  expect(parseCpuTimes('')).toBeUndefined()
})

test('memory fields are told apart and come in bytes', () => {
  const meminfo = 'MemTotal:        4096 kB\nMemFree:         1024 kB\nMemAvailable:    2048 kB\n'
  expect(parseMemoryField(meminfo, 'MemTotal')).toBe(4096 * 1024)
  expect(parseMemoryField(meminfo, 'MemAvailable')).toBe(2048 * 1024)
  expect(parseMemoryField(meminfo, 'Mem')).toBeUndefined()
})

test('pressure is the share of the last ten seconds in which some task waited', () => {
  const cpu = 'some avg10=12.34 avg60=1.00 avg300=0.50 total=123\nfull avg10=99.00 avg60=0.00 avg300=0.00 total=0\n'
  expect(parsePressure(cpu)).toBe(12.34)
})

test('a kernel without PSI has no pressure', () => {
  expect(parsePressure(undefined)).toBeNull()
  expect(parsePressure('')).toBeNull()
})
