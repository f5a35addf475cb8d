import type { DrainMark } from '../../runtime/ports/process/drain-mark.ts'
import { done, type Result } from '../../runtime/ports/result.ts'

/** Marks in memory. */
export class FakeDrainMark implements DrainMark {
  readonly marks = new Set<string>()
  /** What `set` answers. */
  answer: Result = done

  isSet(path: string): boolean {
    return this.marks.has(path)
  }

  set(path: string, draining: boolean): Result {
    if (!this.answer.ok) return this.answer
    if (draining) this.marks.add(path)
    else this.marks.delete(path)
    return done
  }
}
