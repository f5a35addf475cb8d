import { readFileSync } from 'node:fs'

/** Unit of the times in /proc/PID/stat: USER_HZ, which is 100 on every platform of Node (proc(5)). */
const ticksPerSecond = 100

/**
 * CPU seconds, user and system, that a process with all its threads and living descendants has used. What the kernel
 * does for it in softirqs (most of the receive path, all of kernel-mode forwarding) is in nobody's account.
 */
export function cpuSeconds(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), parseStat(read(`/proc/${pid}/stat`)))
}

export const childrenOf = (pid: number): readonly number[] =>
  read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)

/** User and system seconds of a line of /proc/PID/stat; the name in it may hold spaces and parentheses. */
export function parseStat(line: string): number {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  // Fields 14 and 15 of proc(5), which counts the PID as 1; here field 3 (the state) is at 0.
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond
}

/** A process that has just ended has no files any more: it adds nothing. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
