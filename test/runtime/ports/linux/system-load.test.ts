import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLinuxSystemLoad } from '../../../../runtime/ports/linux/system-load.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proc-'))
  writeFileSync(join(folder, 'stat'), 'cpu  1 0 1 8 0 0 0 0 0 0\n')
  writeFileSync(join(folder, 'meminfo'), 'MemTotal: 100 kB\nMemFree: 30 kB\nMemAvailable: 60 kB\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a sample has CPU, memory and, where the kernel has it, pressure', () => {
  const expected = { cpuBusy: 2, cpuTotal: 10, memoryTotalBytes: 102_400, memoryAvailableBytes: 61_440 }
  expect(createLinuxSystemLoad(folder).sample()).toEqual({ ...expected, cpuPressure: null, memoryPressure: null })
  mkdirSync(join(folder, 'pressure'))
  writeFileSync(join(folder, 'pressure/cpu'), 'some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n')
  writeFileSync(join(folder, 'pressure/memory'), 'some avg10=0.25 avg60=0.00 avg300=0.00 total=1\n')
  expect(createLinuxSystemLoad(folder).sample()).toEqual({ ...expected, cpuPressure: 1.5, memoryPressure: 0.25 })
})

test('a folder that is not /proc is refused loudly', () => {
  writeFileSync(join(folder, 'stat'), 'nothing\n')
  expect(() => createLinuxSystemLoad(folder).sample()).toThrow('does not tell the load')
})

test('this host has a load, and its CPU time goes on', () => {
  const load = createLinuxSystemLoad()
  const first = load.sample()
  expect(first.memoryAvailableBytes).toBeGreaterThan(0)
  expect(first.memoryAvailableBytes).toBeLessThanOrEqual(first.memoryTotalBytes)
  expect(first.cpuBusy).toBeLessThan(first.cpuTotal)
  expect(load.sample().cpuTotal).toBeGreaterThanOrEqual(first.cpuTotal)
})
