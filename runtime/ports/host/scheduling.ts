import type { Result } from '../result.ts'

/** `realtime`: before every ordinary thread of the host, whatever its load. */
export type SchedulingClass = 'realtime' | 'ordinary'

/** How the kernel schedules the thread that calls. */
export interface Scheduling {
  setClass(to: SchedulingClass): Result
  /** CPU time that this thread has used so far, ms. */
  cpuMs(): number
}
