import { compareAddresses } from '../../../runtime/wire/ip-address-bytes.ts'
import type { Advertisement } from '../../../runtime/wire/vrrp.ts'
import { forcedElection, noteRival } from '../adverts/neighbour-notices.ts'
import { leaseMs } from '../intervals.ts'
import type { Active } from '../state.ts'
import type { Turn } from '../turn.ts'
import { abandonHandOver, completeHandOver } from './hand-over.ts'
import { advertise, becomeBackup, becomeInitial, ownIntervalMs, resign } from './transitions.ts'

/** Losing adverts come in bursts until the loser has heard us; gratuitous ARP is asked for once in this time. */
const ANNOUNCE_AGAIN_MS = 1000
/**
 * What others say is answered at once, but no more often than this, whatever they send. A resignation sooner: who waits for its skew only is to
 * hear of a master before that is over.
 */
const ANSWER_EVERY_MS = { losing: 100, resigned: 5 } as const

/** An advert heard in MASTER (RFC 9568 §6.4.3). */
export function hearInMaster(turn: Turn, master: Active, source: string, advert: Advertisement): void {
  if (master.steppingDownSinceMs !== null) {
    if (advert.priority === 0) return
    completeHandOver(turn, master.steppingDownSinceMs, source, advert)
    // It may have been director all the time, on the other side of a split. A lower one we would drive away by this.
    if (outranks(turn, source, advert.priority)) turn.change({ takesLeave: true })
    return
  }
  if (advert.priority === 0) {
    // Rule 15: somebody else resigns; whoever waits shall hear at once that there is a master.
    const answered = answer(turn, master, ANSWER_EVERY_MS.resigned)
    if (answered !== undefined) scheduleAdvert(turn, answered, turn.nowMs + ownIntervalMs(turn))
    return
  }
  if (outranks(turn, source, advert.priority)) {
    turn.logInstance('info', 'Received higher prio advert')
    becomeBackup(turn, {
      master: { address: source, priority: advert.priority },
      masterIntervalMs: advert.advertIntervalCs * 10,
      yielding: false,
    })
    // After a healed split the winner may not know yet that there were two; clients of this side still know our MAC.
    if (master.holding) turn.change({ takesLeave: true })
    return
  }
  assertMastership(turn, master, source, advert.priority)
}

/** Rule 16: the higher priority; between equals the higher primary address (IPv6: link-local), unsigned. */
function outranks(turn: Turn, source: string, priority: number): boolean {
  const { options } = turn
  if (priority !== options.priority) return priority > options.priority
  return compareAddresses(source, options.primaryAddress) > 0
}

/** Rule 17: another master that has to give way. It shall hear us at once, and the subnet which of both it is. */
function assertMastership(turn: Turn, master: Active, source: string, priority: number): void {
  turn.count('losingAdvertsReceived')
  noteRival(turn, source, priority)
  turn.note(forcedElection(source))
  const answered = answer(turn, master, ANSWER_EVERY_MS.losing)
  if (answered === undefined) return
  // Just after a takeover, or the last announcement, it is the loser's last advert: nothing is wrong.
  if (!answered.holding || turn.nowMs - answered.announcedAtMs < ANNOUNCE_AGAIN_MS) return
  turn.enter({ ...answered, announcedAtMs: turn.nowMs })
  turn.send('announcer', { type: 'announce' })
}

/** An advert now; where one has answered a moment ago, as soon as that is so long ago, and undefined. */
function answer(turn: Turn, master: Active, everyMs: number): Active | undefined {
  const dueMs = master.answeredAtMs + Math.min(everyMs, ownIntervalMs(turn) / 4)
  if (turn.nowMs < dueMs) {
    if (dueMs < master.advertDueMs) scheduleAdvert(turn, master, dueMs)
    return undefined
  }
  advertise(turn)
  const answered = { ...master, answeredAtMs: turn.nowMs }
  turn.enter(answered)
  return answered
}

/** The raw-IP actor has lost what we said last: whoever waits shall not wait for it. */
export function speakAgain(turn: Turn, { steppingDownSinceMs }: Active): void {
  if (steppingDownSinceMs === null) advertise(turn)
  else resign(turn)
}

/** The advert timer: the interval counts from when this one was due, so that lateness does not add up. */
export function advertiseOnTime(turn: Turn, master: Active): void {
  const since = master.steppingDownSinceMs
  if (since !== null && turn.state.retiring) {
    becomeInitial(turn)
    return
  }
  if (since === null) turn.time('advertLateness', Math.max(0, turn.nowMs - master.advertDueMs))
  const active = since === null ? master : abandonHandOver(turn, master, since)
  advertise(turn)
  const intervalMs = ownIntervalMs(turn)
  // Never less than half an interval after this one: what a stall has swallowed is not made up for by a burst.
  scheduleAdvert(turn, active, Math.max(active.advertDueMs + intervalMs, turn.nowMs + intervalMs / 2))
}

function scheduleAdvert(turn: Turn, master: Active, advertDueMs: number): void {
  turn.startTimer('advert', advertDueMs - turn.nowMs)
  turn.enter({ ...master, advertDueMs })
}

/**
 * An advert has left at `atMs`: from then on nobody that heard it follows us for a lease. The first one makes this node
 * director.
 */
export function renewLease(turn: Turn, master: Active, confirm: number, atMs: number): void {
  if (confirm < master.firstConfirm) return
  const leaseUntilMs = Math.max(master.leaseUntilMs, Math.min(atMs, turn.nowMs) + leaseMs(ownIntervalMs(turn)))
  turn.enter({ ...master, leaseUntilMs, holding: true })
  if (master.holding) {
    turn.send('announcer', { type: 'renew', leaseUntilMs })
    return
  }
  turn.send('announcer', { type: 'hold', leaseUntilMs, ...(master.succeeds ? { succeeds: true } : {}) })
  turn.logInstance('info', 'Entering MASTER STATE')
}
