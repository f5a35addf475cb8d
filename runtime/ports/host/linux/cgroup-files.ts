/** Reads the texts of cgroup v2 and v1 (Linux Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/) that tell what a container may use, and uses. */

/** The path of a process's cgroup, of `/proc/self/cgroup`: the line `0::PATH`; undefined without cgroup v2. */
export const parseCgroupPath = (cgroup: string): string | undefined => /^0::(\/.*)$/m.exec(cgroup)?.[1]

/** The same in the hierarchy of v1 that has this controller: `N:cpu,cpuacct:PATH`. */
export function parseControllerPath(cgroup: string, controller: string): string | undefined {
  const lines = [...cgroup.matchAll(/^\d+:([^:\n]+):(\/.*)$/gm)]
  return lines.find(([, controllers = '']) => controllers.split(',').includes(controller))?.[2]
}

/** Cores that `cpu.cfs_quota_us` of `cpu.cfs_period_us` allows; undefined for -1, which is no limit. */
export function parseQuota(quotaUs: string | undefined, periodUs: string | undefined): number | undefined {
  const cores = Number(quotaUs ?? Number.NaN) / Number(periodUs ?? Number.NaN)
  return Number.isFinite(cores) && cores > 0 ? cores : undefined
}

/** CPU time used, in microseconds, of `cpuacct.usage`, which is in nanoseconds. */
export function parseUsageNs(usage: string | undefined): number | undefined {
  return usage !== undefined && /^\d+\s*$/.test(usage) ? Number(usage) / 1000 : undefined
}

/** Cores that `cpu.max` allows: `QUOTA PERIOD`, both in microseconds; undefined for `max`, which is no limit. */
export function parseCpuLimit(cpuMax: string | undefined): number | undefined {
  const match = /^(\d+) (\d+)$/m.exec(cpuMax ?? '')
  const cores = match === null ? 0 : Number(match[1]) / Number(match[2])
  return Number.isFinite(cores) && cores > 0 ? cores : undefined
}

/** CPU time used, in microseconds, of `cpu.stat`. */
export function parseCpuUsageUs(cpuStat: string | undefined): number | undefined {
  const text = /^usage_usec (\d+)$/m.exec(cpuStat ?? '')?.[1]
  return text === undefined ? undefined : Number(text)
}

/** Microseconds since boot, of `/proc/uptime`. */
export function parseUptimeUs(uptime: string | undefined): number | undefined {
  const text = /^(\d+\.\d+) /.exec(uptime ?? '')?.[1]
  return text === undefined ? undefined : Number(text) * 1e6
}
