import { readFileSync } from 'node:fs'
import type { SystemLoad, SystemLoadSample } from '../system-load.ts'
import { parseUptimeUs } from './cgroup-files.ts'
import { type CpuGroup, ownCpuGroup, readIfThere } from './cpu-group.ts'
import { parseCpuTimes, parseMemoryField, parsePressure } from './proc-files.ts'

/** The load of this host. `sample` throws where /proc is not mounted: nothing else works there either. */
export function createLinuxSystemLoad(procFolder = '/proc', cgroupsFolder = '/sys/fs/cgroup'): SystemLoad {
  const group = ownCpuGroup(procFolder, cgroupsFolder)
  return {
    sample() {
      const cpu = parseCpuTimes(readFileSync(`${procFolder}/stat`, 'utf8'))
      const meminfo = readFileSync(`${procFolder}/meminfo`, 'utf8')
      const memoryTotalBytes = parseMemoryField(meminfo, 'MemTotal')
      // Linux < 3.14 and some containers' /proc have no MemAvailable.
      const memoryAvailableBytes = parseMemoryField(meminfo, 'MemAvailable') ?? parseMemoryField(meminfo, 'MemFree')
      if (!cpu || memoryTotalBytes === undefined || memoryAvailableBytes === undefined) {
        throw new Error(`${procFolder} does not tell the load of this host: is it the kernel's proc file system?`)
      }
      const limitedCpu = group === undefined ? null : readLimitedCpu(group, procFolder)
      const ownPressure = limitedCpu === null ? null : parsePressure(group?.pressure())
      const hostPressure = parsePressure(readIfThere(`${procFolder}/pressure/cpu`))
      return {
        cpuBusy: cpu.busy,
        cpuTotal: cpu.total,
        memoryTotalBytes,
        memoryAvailableBytes,
        limitedCpu,
        cpuPressure: hostPressure === null ? ownPressure : Math.max(hostPressure, ownPressure ?? 0),
        memoryPressure: parsePressure(readIfThere(`${procFolder}/pressure/memory`)),
      }
    },
  }
}

/** A container that has used up its quota is busy, however idle the host is: what counts is what it may use. */
function readLimitedCpu(group: CpuGroup, procFolder: string): SystemLoadSample['limitedCpu'] {
  const cores = group.cores()
  if (cores === undefined) return null
  const busy = group.usedUs()
  const uptimeUs = parseUptimeUs(readIfThere(`${procFolder}/uptime`))
  return busy === undefined || uptimeUs === undefined ? null : { busy, total: uptimeUs * cores }
}
