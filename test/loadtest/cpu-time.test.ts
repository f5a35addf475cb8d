import { describe, expect, it } from 'vitest'
import { cpuSeconds, parseStat } from '../../loadtest/cpu-time.ts'

describe('parseStat', () => {
  it('adds user and system time, whatever the name of the process is', () => {
    expect(parseStat('42 (a) 9 (b) c) S 1 42 42 0 -1 4194560 1000 0 0 0 150 50 7 7 20 0 1 0 100')).toBe(2)
  })

  it('is nothing for a process that has gone', () => {
    expect(parseStat('')).toBe(0)
  })
})

describe('cpuSeconds', () => {
  it('rises by what this process burns, as the kernel accounts it', () => {
    const before = cpuSeconds(process.pid)
    const start = process.cpuUsage()
    while (process.cpuUsage(start).user + process.cpuUsage(start).system < 200_000);
    expect(cpuSeconds(process.pid) - before).toBeGreaterThan(0.15)
  })

  it('is nothing for a process that there is not', () => {
    expect(cpuSeconds(2 ** 22 + 1)).toBe(0)
  })
})
