/** What a program that keeps time on a busy machine needs of the C library. */
import koffi from 'koffi'

const libc = koffi.load(null)
const usleep: (microseconds: number) => number = libc.func('int usleep(uint32_t)')
const schedSetscheduler: (pid: number, policy: number, parameter: Uint8Array) => number = libc.func(
  'int sched_setscheduler(int, int, void *)',
)

const SCHED_RR = 2
/** Above the threads that a daemon has raised itself: what measures is not to wait for what it measures. */
const realtimePriority = 2

/** Puts this thread before everything ordinary on the host, and before what is raised as little as can be; false where that is not permitted (needs CAP_SYS_NICE). */
export function raiseSchedulingClass(): boolean {
  return schedSetscheduler(0, SCHED_RR, new Uint8Array(Int32Array.of(realtimePriority).buffer)) === 0
}

/** Blocks this thread; a timer of the event loop would round up to whole milliseconds. */
export function sleepMs(forMs: number): void {
  if (forMs > 0) usleep(Math.round(forMs * 1000))
}
