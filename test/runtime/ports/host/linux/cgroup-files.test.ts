import { expect, test } from 'vitest'
import {
  parseCgroupPath,
  parseCpuLimit,
  parseCpuUsageUs,
  parseUptimeUs,
} from '../../../../../runtime/ports/host/linux/cgroup-files.ts'

test('the path is that of version 2, beside those of version 1', () => {
  expect(parseCgroupPath('4:memory:/old\n0::/system.slice/proxyha.service\n')).toBe('/system.slice/proxyha.service')
  expect(parseCgroupPath('4:memory:/old\n')).toBeUndefined()
})

test('a limit is in cores; none is no limit, and neither is what makes no sense', () => {
  expect(parseCpuLimit('150000 100000\n')).toBe(1.5)
  for (const text of ['max 100000\n', '', undefined, '0 100000', '1 0', 'x y'])
    expect(parseCpuLimit(text)).toBeUndefined()
})

test('usage and uptime are in microseconds', () => {
  expect(parseCpuUsageUs('usage_usec 2500\nuser_usec 2000\n')).toBe(2500)
  expect(parseCpuUsageUs('user_usec 2000\n')).toBeUndefined()
  expect(parseUptimeUs('12.34 20.00\n')).toBe(12_340_000)
  expect(parseUptimeUs(undefined)).toBeUndefined()
})
