import koffi from 'koffi'
import { done, type Result } from '../../result.ts'
import { errnoRefusal, lastFailure } from '../../sockets/linux/libc.ts'
import type { Scheduling, SchedulingClass } from '../scheduling.ts'

const SCHED_OTHER = 0
const SCHED_RR = 2
/** What this thread starts, threads and processes, is ordinary again (sched(7)). */
const SCHED_RESET_ON_FORK = 0x40000000
/** The lowest of 1..99: before everything ordinary, after everything else that was made real-time on purpose. */
const LOWEST_PRIORITY = 1

const RLIMIT_RTTIME = 15
/**
 * CPU time that a real-time thread may take without sleeping once, µs; then the kernel ends the process. For a loop that
 * has run away on the main thread, where no watchdog can see it; longer than the watchdog takes for the other threads.
 */
const RUNAWAY_US = 10_000_000n

const libc = koffi.load(null)
// Not sched_setscheduler: that of musl always fails. Both return an errno.
const pthread_self: () => bigint | number = libc.func('unsigned long pthread_self()')
const pthread_setschedparam: (thread: bigint | number, policy: number, parameter: Uint8Array) => number = libc.func(
  'int pthread_setschedparam(unsigned long, int, void *)',
)
const getrlimit: (resource: number, limit: Uint8Array) => number = libc.func('int getrlimit(int, void *)')
const setrlimit: (resource: number, limit: Uint8Array) => number = libc.func('int setrlimit(int, void *)')

/** SCHED_RR at the lowest priority, which needs CAP_SYS_NICE or RLIMIT_RTPRIO; `EPERM` where neither is there. */
export const linuxScheduling: Scheduling = {
  setClass(to: SchedulingClass): Result {
    if (to === 'realtime') {
      const bounded = boundRunaways()
      if (!bounded.ok) return bounded
    }
    const parameter = Buffer.alloc(4)
    parameter.writeInt32LE(to === 'realtime' ? LOWEST_PRIORITY : 0)
    const policy = (to === 'realtime' ? SCHED_RR : SCHED_OTHER) | SCHED_RESET_ON_FORK
    const errno = pthread_setschedparam(pthread_self(), policy, parameter)
    return errno === 0 ? done : errnoRefusal('scheduling class', errno)
  },
  cpuMs() {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  },
}

/** Nothing is made real-time that could take a core for ever. A limit that is stricter already is left as it is. */
function boundRunaways(): Result {
  const limit = Buffer.alloc(16)
  if (getrlimit(RLIMIT_RTTIME, limit) !== 0) return lastFailure('RLIMIT_RTTIME')
  if (limit.readBigUInt64LE(8) <= RUNAWAY_US) return done
  limit.writeBigUInt64LE(RUNAWAY_US, 0)
  limit.writeBigUInt64LE(RUNAWAY_US, 8)
  return setrlimit(RLIMIT_RTTIME, limit) === 0 ? done : lastFailure('RLIMIT_RTTIME')
}
