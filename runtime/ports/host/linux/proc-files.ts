/**
 * Reads the texts of /proc that tell how loaded a host is. A field that is not there is undefined (or null where the
 * kernel may lack the whole file): the kernel's formats only ever grow at the end.
 */

/** The first line of /proc/stat: `cpu  user nice system idle iowait irq softirq steal guest guest_nice`, in jiffies. */
export function parseCpuTimes(stat: string): { readonly busy: number; readonly total: number } | undefined {
  const line = /^cpu +([\d ]+)$/m.exec(stat)?.[1]
  if (!line) return undefined
  // guest times are part of user and nice already. Stolen time counts as busy: it is not there for the proxy.
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/ +/)
    .map(Number)
  const busy = user + nice + system + irq + softirq + steal
  return { busy, total: busy + idle + iowait }
}

/** A field of /proc/meminfo, such as `MemAvailable`, in bytes. */
export function parseMemoryField(meminfo: string, field: string): number | undefined {
  const kibibytes = new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

/** `some avg10` of a file in /proc/pressure, in percent; null where it has none. */
export function parsePressure(pressure: string | undefined): number | null {
  const percent = /^some avg10=(\d+\.\d+) /m.exec(pressure ?? '')?.[1]
  return percent === undefined ? null : Number(percent)
}
