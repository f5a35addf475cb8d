import { setTimeout as pause } from 'node:timers/promises'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import type { Daemon, Load, Pace } from './plan.ts'
import type { Stage } from './stage.ts'

/** A time in which nothing happened, and nothing should have. */
export interface QuietRun {
  readonly daemon: Daemon
  readonly pace: Pace
  readonly load: Load
  readonly minutes: number
  /** States entered by the daemons, as their logs say; 0 is right. */
  readonly transitions: number
  /** How often a node's kernel got the VIP; 0 is right. */
  readonly acquisitions: number
  /** The longest gap that the client saw in the end of it (200 s at least). */
  readonly longestGapMs: number
}

const steadyMs = 2000

/** Watches a daemon that is left alone. */
export async function runQuietly(
  stage: Stage,
  plan: Pick<QuietRun, 'daemon' | 'pace' | 'load' | 'minutes'>,
): Promise<QuietRun> {
  try {
    await stage.start(plan.daemon, plan.pace)
    await pause(steadyMs)
    const { transitions, acquisitions } = stage
    const sinceMs = monotonicMs()
    await pause(plan.minutes * 60_000)
    return {
      ...plan,
      transitions: stage.transitions - transitions,
      acquisitions: stage.acquisitions - acquisitions,
      longestGapMs: stage.successes.longestGapMs(sinceMs),
    }
  } finally {
    await stage.clear()
  }
}
