/** What a program that keeps time on a busy machine needs of the C library. */
import koffi from 'koffi'

const libc = koffi.load(null)
const usleep: (microseconds: number) => number = libc.func('int usleep(uint32_t)')
const schedSetscheduler: (pid: number, policy: number, parameter: Uint8Array) => number = libc.func(
  'int sched_setscheduler(int, int, void *)',
)

const SCHED_RR = 2
const lowestRealtimePriority = 1

/** Puts this thread before everything ordinary on the host; false where that is not permitted (needs CAP_SYS_NICE). */
export function raiseSchedulingClass(): boolean {
  return schedSetscheduler(0, SCHED_RR, new Uint8Array(Int32Array.of(lowestRealtimePriority).buffer)) === 0
}

/** Blocks this thread; a timer of the event loop would round up to whole milliseconds. */
export function sleepMs(forMs: number): void {
  if (forMs > 0) usleep(Math.round(forMs * 1000))
}
