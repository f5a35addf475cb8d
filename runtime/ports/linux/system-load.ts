import { existsSync, readFileSync } from 'node:fs'
import type { SystemLoad, SystemLoadSample } from '../system-load.ts'
import { parseCgroupPath, parseCpuLimit, parseCpuUsageUs, parseUptimeUs } from './cgroup-files.ts'
import { parseCpuTimes, parseMemoryField, parsePressure } from './proc-files.ts'

/** The load of this host. `sample` throws where /proc is not mounted: nothing else works there either. */
export function createLinuxSystemLoad(procFolder = '/proc', cgroupsFolder = '/sys/fs/cgroup'): SystemLoad {
  const path = parseCgroupPath(readIfThere(`${procFolder}/self/cgroup`) ?? '')
  // A cgroup has the file for as long as it has the controller: where it is not there nothing has to be tried at every sample.
  const cgroup =
    path !== undefined && existsSync(`${cgroupsFolder}${path}/cpu.max`) ? `${cgroupsFolder}${path}` : undefined
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
      const limitedCpu = cgroup === undefined ? null : readLimitedCpu(cgroup, procFolder)
      const ownPressure = limitedCpu === null ? null : parsePressure(readIfThere(`${cgroup}/cpu.pressure`))
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
function readLimitedCpu(cgroup: string, procFolder: string): SystemLoadSample['limitedCpu'] {
  const cores = parseCpuLimit(readIfThere(`${cgroup}/cpu.max`))
  if (cores === undefined) return null
  const busy = parseCpuUsageUs(readIfThere(`${cgroup}/cpu.stat`))
  const uptimeUs = parseUptimeUs(readIfThere(`${procFolder}/uptime`))
  return busy === undefined || uptimeUs === undefined ? null : { busy, total: uptimeUs * cores }
}

/** A kernel built without PSI has no such file; one booted with psi=0 refuses to read it (EOPNOTSUPP). */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
