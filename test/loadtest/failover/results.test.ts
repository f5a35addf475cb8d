import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { readRuns, showGaps } from '../../../loadtest/failover/results.ts'
import { measured } from './measurements.ts'

let folder: string
const path = (name: string) => join(folder, name)
const saved = (name: string, content: unknown): string => {
  writeFileSync(path(name), JSON.stringify(content))
  return path(name)
}
const circumstances = { startedAt: '2026-11-01T10:00:00.000Z', machine: { cores: 2 } }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'failover-results-'))
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

it('gathers the measurements of earlier runs, under the circumstances of the first', () => {
  const one = saved('one.json', { ...circumstances, measurements: [measured({ daemon: 'proxyha' }, 10)] })
  const other = saved('other.json', {
    ...circumstances,
    startedAt: 'later',
    measurements: [measured({ daemon: 'proxyha' }, 30)],
  })
  const { startedAt, measurements } = readRuns([one, other])
  expect(startedAt).toBe(circumstances.startedAt)
  expect(measurements.map(({ gapMs }) => gapMs)).toEqual([10, 30])
})

it('refuses a file that holds other figures, by its name', () => {
  expect(() => readRuns([saved('quiet.json', { ...circumstances, runs: [] })])).toThrow(/quiet\.json: not the figures/)
})

it('writes what it shows, so that it can be gathered again', () => {
  const measurements = [measured({ daemon: 'proxyha' }, 10), measured({ daemon: 'proxyha' }, 30)]
  const files = { json: path('deep/all.json'), svg: path('all.svg') }
  expect(showGaps(measurements, circumstances, files)).toHaveLength(1)
  expect(readRuns([files.json]).measurements).toEqual(measurements)
  expect(readFileSync(files.svg, 'utf8')).toMatch(/^<svg/)
})
