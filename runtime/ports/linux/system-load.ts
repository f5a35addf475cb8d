import { readFileSync } from 'node:fs'
import type { SystemLoad } from '../system-load.ts'
import { parseCpuTimes, parseMemoryField, parsePressure } from './proc-files.ts'

/** The load of this host. `sample` throws where /proc is not mounted: nothing else works there either. */
export function createLinuxSystemLoad(procFolder = '/proc'): SystemLoad {
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
      return {
        cpuBusy: cpu.busy,
        cpuTotal: cpu.total,
        memoryTotalBytes,
        memoryAvailableBytes,
        cpuPressure: parsePressure(readIfThere(`${procFolder}/pressure/cpu`)),
        memoryPressure: parsePressure(readIfThere(`${procFolder}/pressure/memory`)),
      }
    },
  }
}

/** A kernel built without PSI has no such file; one booted with psi=0 refuses to read it (EOPNOTSUPP). */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
