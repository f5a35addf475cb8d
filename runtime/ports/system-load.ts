export interface SystemLoadSample {
  /** Jiffies since boot over all cores: busy and total. The share of two samples' differences is the CPU use. */
  readonly cpuBusy: number
  readonly cpuTotal: number
  readonly memoryTotalBytes: number
  readonly memoryAvailableBytes: number
  /** PSI `some avg10` of cpu in percent; null where the kernel has no PSI. */
  readonly cpuPressure: number | null
  /** PSI `some avg10` of memory in percent; null where the kernel has no PSI. */
  readonly memoryPressure: number | null
}

/** /proc/stat, /proc/meminfo and /proc/pressure. */
export interface SystemLoad {
  sample(): SystemLoadSample
}
