import type { Scheduling, SchedulingClass } from '../../runtime/ports/host/scheduling.ts'
import { done, type Result } from '../../runtime/ports/result.ts'

/** A thread whose CPU time is spent by hand. */
export class FakeScheduling implements Scheduling {
  /** What `setClass` was asked for, in order. */
  readonly asked: SchedulingClass[] = []
  /** Answer to the next attempts; a host may refuse. */
  answer: Result = done
  #cpuMs = 0

  setClass(to: SchedulingClass): Result {
    this.asked.push(to)
    return this.answer
  }

  cpuMs(): number {
    return this.#cpuMs
  }

  spend(ms: number): void {
    this.#cpuMs += ms
  }
}
