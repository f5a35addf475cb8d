import { OWNER_PRIORITY } from '../../../runtime/wire/vrrp.ts'
import { masterDownMs } from '../intervals.ts'
import type { Backup, ElectorState } from '../state.ts'
import type { Turn } from '../turn.ts'

/**
 * A node that has just started knows no client and no slot. It leaves a director of lower priority alone until discovery
 * has that director's assignment, so that it then decides as that one did; `holdOffMs` bounds the wait, for a director
 * that has none to give (a keepalived). Rules 9 and 13 stand: silence, priority 0 and an owner are not held off, but for silence
 * since the start where `settledAtMs` says so.
 */
export function startHoldOff(turn: Turn): void {
  const { priority, holdOffMs } = turn.options
  if (priority !== OWNER_PRIORITY && holdOffMs > 0) turn.change({ holdOffUntilMs: turn.nowMs + holdOffMs })
}

/** For how long the master-down timer, which has just expired, has to run again; 0 = it is time to act. */
export function heldOffForMs({ state, nowMs, options }: Turn, backup: Backup): number {
  if (backup.lowerHeardAtMs === null) return isUnheard(state) ? Math.max(0, options.settledAtMs - nowMs) : 0
  const untilMs = Math.max(state.holdOffUntilMs ?? nowMs, options.settledAtMs)
  const aliveUntilMs = backup.lowerHeardAtMs + masterDownMs(options, backup.masterIntervalMs)
  return Math.max(0, Math.min(untilMs, aliveUntilMs) - nowMs)
}

/** No router of this group was heard since this machine began. */
const isUnheard = ({ counters }: ElectorState): boolean => counters.advertsReceived === undefined

/** The director of lower priority, or the silence, is left alone for that long. */
export function holdOff(turn: Turn, backup: Backup, forMs: number): void {
  const { holdOffUntilMs } = turn.state
  if (!backup.heldOff && backup.lowerHeardAtMs !== null && holdOffUntilMs !== null) {
    const most = Math.round(Math.max(holdOffUntilMs, turn.options.settledAtMs) - turn.nowMs)
    turn.logInstance('info', `preempts when the director's assignment has arrived, in ${most} ms at the latest`)
  }
  turn.awaitMaster({ ...backup, heldOff: backup.lowerHeardAtMs !== null }, forMs)
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
