import type { Result } from '../result.ts'

/** What outlives the process: that this node drains. A path names it. */
export interface DrainMark {
  isSet(path: string): boolean
  /** Sets it or takes it away. */
  set(path: string, draining: boolean): Result
}
