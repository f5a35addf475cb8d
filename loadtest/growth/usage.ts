/** What processes and the machine have used. */
import { readdirSync, readFileSync } from 'node:fs'
import { usageOfProcess } from '../chaos/usage.ts'
import { childrenOf } from '../cpu-time.ts'

const NS_PER_S = 1e9
/** USER_HZ of /proc/stat. */
const TICKS_PER_S = 100

/** CPU seconds of a process, its threads and its descendants, to the nanosecond: by ticks a gateway at rest has a few in all. */
export function preciseCpuSeconds(pid: number): number {
  const own = threadsOf(pid).reduce((sum, thread) => sum + nanosecondsOf(`/proc/${pid}/task/${thread}/schedstat`), 0)
  return childrenOf(pid).reduce((sum, child) => sum + preciseCpuSeconds(child), own / NS_PER_S)
}

/** All of the machine, what is done in interrupts and for nobody included; idle and waiting time left out. */
export function machineCpuSeconds(): number {
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/)
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = ticks.map(Number)
  return (user + nice + system + irq + softirq) / TICKS_PER_S
}

/** Of a process and its descendants. */
export const residentMegabytes = (pid: number): number =>
  childrenOf(pid).reduce((sum, child) => sum + residentMegabytes(child), usageOfProcess(pid).residentBytes / 1e6)

/** Most descriptors that a process of this host may have; Node.js raises its own limit to it. */
export const mostFiles = (): number =>
  Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024)

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** A thread that has just ended adds nothing any more. */
function nanosecondsOf(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8').split(' ')[0])
  } catch {
    return 0
  }
}
