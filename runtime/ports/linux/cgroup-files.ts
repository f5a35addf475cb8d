/** Reads the texts of cgroup v2 (Linux Documentation/admin-guide/cgroup-v2.rst) that tell what a container may use, and uses. */

/** The path of a process's cgroup, of `/proc/self/cgroup`: the line `0::PATH`; undefined without cgroup v2. */
export const parseCgroupPath = (cgroup: string): string | undefined => /^0::(\/.*)$/m.exec(cgroup)?.[1]

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
