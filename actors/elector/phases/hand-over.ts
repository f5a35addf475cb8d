import type { Advertisement } from '../../../runtime/wire/vrrp.ts'
import { skewMs } from '../intervals.ts'
import type { Active } from '../state.ts'
import type { Turn } from '../turn.ts'
import { becomeBackup, resign } from './transitions.ts'

/** What threads and the wire may take on top of the longest skew, as far as the lease lasts that long. */
const LEAST_PATIENCE_MS = 250

/** Only a director that holds the addresses has something to hand over, and only once at a time. */
export const mayHandOver = ({ holding, steppingDownSinceMs }: Active): boolean =>
  holding && steppingDownSinceMs === null

/**
 * An operator wants another node to be director. Priority 0 makes whoever waits follow after its skew (rule 10); until its
 * advert is heard the addresses stay, as they do for a node that is preempted, so that no client meets a gap. The lease
 * is not renewed meanwhile: it ends the hand-over if all else fails.
 */
export function beginHandOver(turn: Turn, master: Active): void {
  turn.logInstance('info', 'stepping down: priority 0 is sent, the virtual IPs stay until another node is heard')
  resign(turn)
  const delayMs = patienceMs(turn, master)
  turn.startTimer('advert', delayMs)
  turn.enter({ ...master, advertDueMs: turn.nowMs + delayMs, steppingDownSinceMs: turn.nowMs })
  turn.change({ handOver: { outcome: 'underWay' } })
}

/** Half as long again as the skew of the lowest priority, and always a little shorter than the lease. */
function patienceMs({ options, nowMs }: Turn, { leaseUntilMs }: Active): number {
  const longestSkewMs = skewMs({ version: options.version, priority: 0 }, options.advertIntervalCs * 10)
  return Math.min(0.9 * (leaseUntilMs - nowMs), Math.max(1.5 * longestSkewMs, LEAST_PATIENCE_MS))
}

/** Any advert of another, of whatever priority, is that of the one who follows. */
export function completeHandOver(turn: Turn, sinceMs: number, source: string, advert: Advertisement): void {
  const { priority, advertIntervalCs } = advert
  const afterMs = turn.nowMs - sinceMs
  turn.logInstance(
    'info',
    `stepped down: ${source} with priority ${priority} took over after ${Math.round(afterMs)} ms`,
  )
  const master = { address: source, priority }
  becomeBackup(turn, { master, masterIntervalMs: advertIntervalCs * 10, yielding: true })
  turn.change({ handOver: { outcome: 'taken', by: source, priority, afterMs } })
}

/** Nobody has followed. A director that goes on serves the clients better than none. */
export function abandonHandOver(turn: Turn, master: Active, sinceMs: number): Active {
  const afterMs = turn.nowMs - sinceMs
  turn.logInstance('warn', `nobody took over within ${Math.round(afterMs)} ms: going on as director`)
  turn.change({ handOver: { outcome: 'nobody', afterMs } })
  // The next advert counts from here: the timer that has expired was the hand-over's own.
  return { ...master, steppingDownSinceMs: null, advertDueMs: turn.nowMs }
}
