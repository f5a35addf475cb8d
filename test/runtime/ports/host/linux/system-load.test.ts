import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLinuxSystemLoad } from '../../../../../runtime/ports/host/linux/system-load.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proc-'))
  writeFileSync(join(folder, 'stat'), 'cpu  1 0 1 8 0 0 0 0 0 0\n')
  writeFileSync(join(folder, 'meminfo'), 'MemTotal: 100 kB\nMemFree: 30 kB\nMemAvailable: 60 kB\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a sample has CPU, memory and, where the kernel has it, pressure', () => {
  const expected = {
    cpuBusy: 2,
    cpuTotal: 10,
    memoryTotalBytes: 102_400,
    memoryAvailableBytes: 61_440,
    limitedCpu: null,
  }
  expect(createLinuxSystemLoad(folder).sample()).toEqual({ ...expected, cpuPressure: null, memoryPressure: null })
  mkdirSync(join(folder, 'pressure'))
  writeFileSync(join(folder, 'pressure/cpu'), 'some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n')
  writeFileSync(join(folder, 'pressure/memory'), 'some avg10=0.25 avg60=0.00 avg300=0.00 total=1\n')
  expect(createLinuxSystemLoad(folder).sample()).toEqual({ ...expected, cpuPressure: 1.5, memoryPressure: 0.25 })
})

test('a cgroup with a limit has its own CPU, and its pressure where that is more', () => {
  const [proc, cgroups] = [join(folder, 'limited'), join(folder, 'cgroups')]
  for (const made of [join(proc, 'self'), join(proc, 'pressure'), join(cgroups, 'box')])
    mkdirSync(made, { recursive: true })
  const files = {
    [join(proc, 'stat')]: 'cpu  1 0 1 8 0 0 0 0 0 0\n',
    [join(proc, 'meminfo')]: 'MemTotal: 100 kB\nMemFree: 30 kB\n',
    [join(proc, 'uptime')]: '10.00 20.00\n',
    [join(proc, 'self/cgroup')]: '0::/box\n',
    [join(proc, 'pressure/cpu')]: 'some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n',
    [join(cgroups, 'box/cpu.max')]: '50000 100000\n',
    [join(cgroups, 'box/cpu.stat')]: 'usage_usec 4000000\n',
    [join(cgroups, 'box/cpu.pressure')]: 'some avg10=80.00 avg60=0.00 avg300=0.00 total=1\n',
  }
  for (const [file, text] of Object.entries(files)) writeFileSync(file, text)
  const limited = { limitedCpu: { busy: 4_000_000, total: 5_000_000 }, cpuPressure: 80 }
  expect(createLinuxSystemLoad(proc, cgroups).sample()).toMatchObject(limited)
  writeFileSync(join(cgroups, 'box/cpu.max'), 'max 100000\n')
  expect(createLinuxSystemLoad(proc, cgroups).sample()).toMatchObject({ limitedCpu: null, cpuPressure: 1.5 })
})

test.each([
  ['its own folder', '/box', 'box/'],
  ['the root of a container that sees no more', '/docker/4711', ''],
])('a cgroup of version 1 with a quota, in %s', (_, path, folderOfIt) => {
  const [proc, cgroups] = [join(folder, `v1${folderOfIt}`), join(folder, `cgroups-v1${folderOfIt}`)]
  const place = (controller: string, file: string) => join(cgroups, controller, folderOfIt, file)
  for (const made of [join(proc, 'self'), place('cpu', ''), place('cpuacct', '')]) mkdirSync(made, { recursive: true })
  const files = {
    [join(proc, 'stat')]: 'cpu  1 0 1 8 0 0 0 0 0 0\n',
    [join(proc, 'meminfo')]: 'MemTotal: 100 kB\nMemFree: 30 kB\n',
    [join(proc, 'uptime')]: '10.00 20.00\n',
    [join(proc, 'self/cgroup')]: `4:memory:/other\n2:cpu,cpuacct:${path}\n0::/\n`,
    [place('cpu', 'cpu.cfs_quota_us')]: '50000\n',
    [place('cpu', 'cpu.cfs_period_us')]: '100000\n',
    [place('cpuacct', 'cpuacct.usage')]: '4000000000\n',
  }
  for (const [file, text] of Object.entries(files)) writeFileSync(file, text)
  const load = createLinuxSystemLoad(proc, cgroups)
  expect(load.sample()).toMatchObject({ limitedCpu: { busy: 4_000_000, total: 5_000_000 } })
  writeFileSync(place('cpu', 'cpu.cfs_quota_us'), '-1\n')
  expect(load.sample()).toMatchObject({ limitedCpu: null })
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
