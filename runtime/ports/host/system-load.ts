export interface SystemLoadSample {
  /** Jiffies since boot over all cores: busy and total. The share of two samples' differences is the CPU use. */
  readonly cpuBusy: number
  readonly cpuTotal: number
  /** The same in microseconds of what this process's cgroup may use, where that is limited (a container); else null. */
  readonly limitedCpu: { readonly busy: number; readonly total: number } | null
  readonly memoryTotalBytes: number
  readonly memoryAvailableBytes: number
  /** PSI `some avg10` of cpu in percent, that of a limited cgroup where it is more; null where the kernel has no PSI. */
  readonly cpuPressure: number | null
  /** PSI `some avg10` of memory in percent; null where the kernel has no PSI. */
  readonly memoryPressure: number | null
}

/** /proc/stat, /proc/meminfo, /proc/pressure and the files of the cgroup. */
export interface SystemLoad {
  sample(): SystemLoadSample
}
