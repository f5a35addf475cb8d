import { masterDownMs } from './intervals.ts'
import type { Backup } from './state.ts'
import type { Turn } from './turn.ts'

/**
 * A node that has just started knows no client and no slot. It leaves a director of lower priority alone until discovery
 * has that director's assignment, so that it then decides as that one did; `holdOffMs` bounds the wait, for a director
 * that has none to give (a keepalived). Rules 9 and 13 stand: silence, priority 0 and an owner are not held off.
 */
export function startHoldOff(turn: Turn): void {
  const { priority, holdOffMs } = turn.options
  if (priority !== OWNER && holdOffMs > 0) turn.change({ holdOffUntilMs: turn.nowMs + holdOffMs })
}

const OWNER = 255

/** For how long the master-down timer, which has just expired, has to run again; 0 = it is time to act. */
export function heldOffForMs({ state, nowMs }: Turn, backup: Backup): number {
  const { holdOffUntilMs, options } = state
  if (holdOffUntilMs === null || backup.lowerHeardAtMs === null) return 0
  const aliveUntilMs = backup.lowerHeardAtMs + masterDownMs(options, backup.masterIntervalMs)
  return Math.max(0, Math.min(holdOffUntilMs, aliveUntilMs) - nowMs)
}

/** The director of lower priority stays for that long. */
export function holdOff(turn: Turn, backup: Backup, forMs: number): void {
  if (!backup.heldOff) {
    const most = Math.round((turn.state.holdOffUntilMs ?? turn.nowMs) - turn.nowMs)
    turn.logInstance('info', `preempts when the director's assignment has arrived, in ${most} ms at the latest`)
  }
  turn.awaitMaster({ ...backup, heldOff: true }, forMs)
}

/** Discovery has what the present director decided. Who only waited for that waits no longer. */
export function endHoldOff(turn: Turn): void {
  const { phase } = turn.state
  turn.change({ holdOffUntilMs: null })
  if (phase.label === 'BACKUP' && phase.heldOff) turn.awaitMaster({ ...phase, heldOff: false }, 0)
}

/** How long it may last yet, for the status; null where nothing is held off. */
export function holdOffLeftMs(phase: Backup, holdOffUntilMs: number | null, nowMs: number): number | null {
  return phase.heldOff && holdOffUntilMs !== null ? Math.max(0, holdOffUntilMs - nowMs) : null
}
