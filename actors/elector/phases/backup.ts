import type { Advertisement } from '../../../runtime/wire/vrrp.ts'
import { OWNER_PRIORITY } from '../../../runtime/wire/vrrp.ts'
import { advertSends } from '../adverts/advert.ts'
import { forcedElection } from '../adverts/neighbour-notices.ts'
import { masterDownMs, skewMs } from '../intervals.ts'
import type { Backup, ElectorState } from '../state.ts'
import { lookAheadMs, type Turn } from '../turn.ts'
import { heldOffForMs, holdOff } from './hold-off.ts'
import { becomeMaster, resign } from './transitions.ts'

export interface Heard {
  readonly source: string
  readonly advert: Advertisement
  readonly receivedAtMs: number
}

/** An advert heard in BACKUP (RFC 9568 §6.4.2; in Backup addresses are never compared). */
export function hearInBackup(turn: Turn, before: Backup, heard: Heard): void {
  const { source, advert } = heard
  const backup = { ...before, silence: { address: source, sinceMs: Math.min(turn.nowMs, heard.receivedAtMs) } }
  if (advert.priority === 0) {
    // Rule 10: the master resigns. Not at once: the skew lets the highest of all that wait be the first.
    turn.awaitMaster(
      { ...backup, master: null, lowerHeardAtMs: null, heldOff: false, resigned: true },
      skewMs(turn.options, backup.masterIntervalMs),
    )
    return
  }
  const master = { address: source, priority: advert.priority }
  if (advert.priority < turn.options.priority) {
    hearLower(turn, { ...backup, master }, heard)
  } else {
    respect(turn, { ...backup, master, preemptAtMs: null, yielding: false, contesting: false }, heard)
  }
}

/** Rule 12: the master was alive then. Version 3 learns its interval; in version 2 it is ours (rule 5). */
function respect(turn: Turn, backup: Backup, { advert, receivedAtMs }: Heard): void {
  const masterIntervalMs = advert.advertIntervalCs * 10
  const respected = { ...backup, masterIntervalMs, lowerHeardAtMs: null, heldOff: false, resigned: false }
  const underWayMs = Math.max(0, turn.nowMs - receivedAtMs)
  turn.awaitMaster(respected, Math.max(0, masterDownMs(turn.options, masterIntervalMs) - underWayMs))
}

function hearLower(turn: Turn, backup: Backup, heard: Heard): void {
  const { options, nowMs } = turn
  const mayPreempt = options.priority === OWNER_PRIORITY || (options.preempt && !backup.yielding)
  if (!mayPreempt) {
    respect(turn, backup, heard)
    return
  }
  const delayMs = options.priority === OWNER_PRIORITY ? 0 : options.preemptDelayMs
  const preemptAtMs = backup.preemptAtMs ?? nowMs + delayMs
  if (nowMs < preemptAtMs) {
    respect(turn, { ...backup, preemptAtMs }, heard)
    return
  }
  // Rule 11: discarded. The timer runs on and will make us master; it is not cut short.
  if (!backup.contesting) turn.noteAnew(forcedElection(heard.source))
  turn.enter({ ...backup, preemptAtMs, contesting: true, lowerHeardAtMs: nowMs, resigned: false })
}

/**
 * The master was not heard for long enough, as far as the machine knows. After a stall the timer fires first and the
 * adverts that tell otherwise are still queued: have them delivered before acting.
 */
export function suspectMaster(turn: Turn, backup: Backup): void {
  const forMs = heldOffForMs(turn, backup)
  if (forMs > lookAheadMs(turn.options)) {
    holdOff(turn, backup, forMs)
    return
  }
  const { nextDrain: number, nextConfirm: confirm } = turn.state
  turn.change({ nextDrain: number + 1 })
  turn.enter({ ...backup, draining: number, master: null, heldOff: false })
  const adverts = advertSends(turn.options, turn.options.priority, confirm)
  turn.perform({ type: 'drain', number, untilMs: backup.masterDownAtMs, confirm, adverts })
  if (lookAheadMs(turn.options) > 0) turn.send('announcer', { type: 'makeReady' })
}

/** Rules 9 and 13: nothing that was queued speaks for the master. `sent`: the number of our advert, if it is out already. */
export function takeOver(turn: Turn, { phase }: ElectorState, number: number, sent?: number): void {
  if (phase.label === 'BACKUP' && number === phase.draining) {
    const succeeding = succeeds(turn, phase)
    // A lower priority that is preempted was logged when it was heard.
    if (phase.resigned || !succeeding) logWhy(turn, phase)
    becomeMaster(turn, succeeding, sent)
  }
  // Announced in vain: something has changed meanwhile. Nobody shall wait for us.
  else if (sent !== undefined && phase.label !== 'MASTER') resign(turn)
}

/** Before the lines of the original: what has led to them. */
function logWhy(turn: Turn, { silence: { address, sinceMs }, resigned }: Backup): void {
  const why = resigned
    ? `${address} has resigned`
    : `no advert from ${address ?? 'anybody'} for ${duration(turn.nowMs - sinceMs)}`
  turn.logInstance('info', why)
}

const duration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

/** Adverts that are discarded come from a director that lives, as far as the last one was on time. */
const ON_TIME_INTERVALS = 2

/** Whether a director that lives gives way, rather than a dead one being followed. */
function succeeds({ nowMs }: Turn, { resigned, lowerHeardAtMs, masterIntervalMs }: Backup): boolean {
  return resigned || (lowerHeardAtMs !== null && nowMs - lowerHeardAtMs < ON_TIME_INTERVALS * masterIntervalMs)
}

/**
 * A node that cannot look at what has arrived is deaf, and silence that nobody could have broken proves nothing. Nor could
 * it send: what it says now would leave when it wakes up, beside a master that was there all the time.
 */
export function waitAgain(turn: Turn, backup: Backup, number: number): void {
  if (number !== backup.draining) return
  const text = 'cannot look at what has arrived: not taking over blindly'
  turn.note({ key: 'deaf', level: 'warn', text, code: 'adverts-not-read' })
  turn.awaitMaster(backup, masterDownMs(turn.options, backup.masterIntervalMs))
}
