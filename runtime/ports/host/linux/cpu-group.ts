import { existsSync, readFileSync } from 'node:fs'
import {
  parseCgroupPath,
  parseControllerPath,
  parseCpuLimit,
  parseCpuUsageUs,
  parseQuota,
  parseUsageNs,
} from './cgroup-files.ts'

/** The cgroup of this process, as far as the CPU goes. */
export interface CpuGroup {
  /** Cores that it may use; undefined without a limit. */
  cores(): number | undefined
  /** CPU time that it has used, in microseconds. */
  usedUs(): number | undefined
  /** Its PSI of the CPU as a text; undefined where there is none. */
  pressure(): string | undefined
}

/** Of version 2, else of version 1; undefined where there is none that could have a limit. */
export function ownCpuGroup(procFolder: string, cgroupsFolder: string): CpuGroup | undefined {
  const cgroup = readIfThere(`${procFolder}/self/cgroup`) ?? ''
  return groupOfVersion2(cgroup, cgroupsFolder) ?? groupOfVersion1(cgroup, cgroupsFolder)
}

function groupOfVersion2(cgroup: string, cgroupsFolder: string): CpuGroup | undefined {
  const path = parseCgroupPath(cgroup)
  const folder = `${cgroupsFolder}${path}`
  // It has the file for as long as it has the controller: where it is not there nothing has to be tried at every sample.
  if (path === undefined || !existsSync(`${folder}/cpu.max`)) return undefined
  return {
    cores: () => parseCpuLimit(readIfThere(`${folder}/cpu.max`)),
    usedUs: () => parseCpuUsageUs(readIfThere(`${folder}/cpu.stat`)),
    pressure: () => readIfThere(`${folder}/cpu.pressure`),
  }
}

/** A hierarchy for each controller. A container may see only its own part of one, as if that were the root. */
function groupOfVersion1(cgroup: string, cgroupsFolder: string): CpuGroup | undefined {
  const folderOf = (controller: string, file: string): string | undefined => {
    const root = `${cgroupsFolder}/${controller}`
    return [`${root}${parseControllerPath(cgroup, controller) ?? '/'}`, root].find((folder) =>
      existsSync(`${folder}/${file}`),
    )
  }
  const [limits, usage] = [folderOf('cpu', 'cpu.cfs_quota_us'), folderOf('cpuacct', 'cpuacct.usage')]
  if (limits === undefined || usage === undefined) return undefined
  return {
    cores: () => parseQuota(readIfThere(`${limits}/cpu.cfs_quota_us`), readIfThere(`${limits}/cpu.cfs_period_us`)),
    usedUs: () => parseUsageNs(readIfThere(`${usage}/cpuacct.usage`)),
    pressure: () => undefined,
  }
}

/** A kernel built without PSI has no such file; one booted with psi=0 refuses to read it (EOPNOTSUPP). */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
