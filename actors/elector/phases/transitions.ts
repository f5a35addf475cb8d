import { advertSends } from '../adverts/advert.ts'
import { leaseMs, masterDownMs } from '../intervals.ts'
import type { Active, Master } from '../state.ts'
import type { Turn } from '../turn.ts'

/** Our own Advertisement_Interval. */
export const ownIntervalMs = (turn: Turn): number => turn.options.advertIntervalCs * 10

/** Sends an advert and asks to hear when it has left: that is what the lease is renewed by, whichever peer it went to. */
export function advertise(turn: Turn): void {
  const confirm = turn.state.nextConfirm
  noteAdvert(turn, confirm)
  sendAdvert(turn, turn.options.priority, confirm)
}

function noteAdvert(turn: Turn, confirm: number): void {
  turn.change({ nextConfirm: confirm + 1 })
  turn.count('advertsSent')
}

/**
 * One more advert of ours for the master that we give way to: it answers a losing advert by gratuitous ARP (rule 17). Not
 * priority 0, at which everybody who does not hear that answer would follow. Renews nothing, so it needs no confirmation.
 */
export function takeLeave(turn: Turn): void {
  turn.count('advertsSent')
  sendAdvert(turn, turn.options.priority)
}

/** Priority 0: whoever waits need wait for its skew only. Renews nothing, so it needs no confirmation. */
export function resign(turn: Turn): void {
  turn.count('priorityZeroSent')
  sendAdvert(turn, 0)
}

function sendAdvert(turn: Turn, priority: number, confirm?: number): void {
  for (const send of advertSends(turn.options, priority, confirm)) turn.send('raw-ip', send)
}

/**
 * RFC 9568 §6.4.1 and §6.4.2: the advert first. The addresses follow when it has been seen to leave, which is also what
 * keeps a node that cannot send from holding them (rule 18). `succeeds`: a director that lives gives way. `sent`: the number
 * of an advert that was sent already.
 */
export function becomeMaster(turn: Turn, succeeds: boolean, sent?: number): void {
  const firstConfirm = sent ?? turn.state.nextConfirm
  if (sent === undefined) advertise(turn)
  else noteAdvert(turn, sent)
  turn.logInstance('info', 'Transition to MASTER STATE')
  turn.log('info', `state=master previous=${turn.state.phase.label.toLowerCase()}`)
  const intervalMs = ownIntervalMs(turn)
  turn.startTimer('advert', intervalMs)
  turn.enter({
    label: 'MASTER',
    advertDueMs: turn.nowMs + intervalMs,
    leaseUntilMs: turn.nowMs + leaseMs(intervalMs),
    holding: false,
    succeeds,
    firstConfirm,
    announcedAtMs: turn.nowMs,
    answeredAtMs: Number.NEGATIVE_INFINITY,
    steppingDownSinceMs: null,
  })
  turn.change({
    transitions: turn.state.transitions + 1,
    takingOverSinceMs: turn.nowMs,
    mayInherit: false,
    holdOffUntilMs: null,
    takesLeave: false,
  })
}

export interface BackupReason {
  readonly master: Master | null
  /** Learned from that master (rule 16); ours while there is none. */
  readonly masterIntervalMs: number
  readonly yielding: boolean
}

/** What is known when a node waits without having heard anybody. */
export const nobodyHeard = (turn: Turn): BackupReason => ({
  master: null,
  masterIntervalMs: ownIntervalMs(turn),
  yielding: false,
})

/**
 * To BACKUP for a full master-down interval. Coming from MASTER, the addresses go before anything else happens; where a
 * master was heard they stay a moment longer, until its gratuitous ARP is everywhere.
 */
export function becomeBackup(turn: Turn, { master, masterIntervalMs, yielding }: BackupReason): void {
  const { phase } = turn.state
  if (phase.label === 'MASTER') leaveMaster(turn, phase, master === null ? 'release' : 'yield')
  turn.logInstance('info', 'Entering BACKUP STATE')
  turn.log('info', `state=backup previous=${phase.label.toLowerCase()}`)
  turn.awaitMaster(
    {
      label: 'BACKUP',
      masterDownAtMs: turn.nowMs,
      draining: null,
      master,
      silence: { address: master?.address ?? null, sinceMs: turn.nowMs },
      masterIntervalMs,
      preemptAtMs: null,
      yielding,
      contesting: false,
      lowerHeardAtMs: null,
      resigned: false,
      heldOff: false,
    },
    masterDownMs(turn.options, masterIntervalMs),
  )
}

function leaveMaster(turn: Turn, { steppingDownSinceMs }: Active, type: 'release' | 'yield'): void {
  if (steppingDownSinceMs !== null) {
    turn.change({ handOver: { outcome: 'nobody', afterMs: turn.nowMs - steppingDownSinceMs } })
  }
  turn.send('announcer', { type })
  turn.cancelTimer('advert')
  turn.change({ transitions: turn.state.transitions + 1 })
}

/** Out of the election. A master resigns, if that may still leave, so that nobody waits for it; its addresses go at once. */
export function becomeFault(turn: Turn, maySpeak: boolean): void {
  const { phase } = turn.state
  if (phase.label === 'MASTER') {
    if (maySpeak) resign(turn)
    leaveMaster(turn, phase, 'release')
  }
  turn.logInstance('warn', 'Entering FAULT STATE')
  turn.log('info', `state=fault previous=${phase.label.toLowerCase()}`)
  const waiting = phase.label === 'BACKUP' ? phase : null
  if (waiting !== null) turn.startTimer('masterDown', masterDownMs(turn.options, waiting.masterIntervalMs))
  turn.enter({ label: 'FAULT', master: waiting?.master ?? null })
}

/** Rule 19: a master resigns and releases; a backup leaves without a word. */
export function becomeInitial(turn: Turn): void {
  const { phase } = turn.state
  if (phase.label === 'MASTER') {
    resign(turn)
    leaveMaster(turn, phase, 'release')
  } else {
    turn.cancelTimer('masterDown')
  }
  turn.log('info', `state=init previous=${phase.label.toLowerCase()}`)
  turn.enter({ label: 'INIT' })
}

/** Gives up at once without a word on the wire: whoever was to follow has followed, or is about to. */
export function fence(turn: Turn, master: Active, why: string): void {
  turn.count('leaseExpiries')
  turn.logInstance('warn', why)
  becomeBackup(turn, { ...nobodyHeard(turn), yielding: master.steppingDownSinceMs !== null })
}

/** Gives up what it cannot do. Others wait for their skew only, and this node does not take back what it gave. */
export function stepDown(turn: Turn): void {
  resign(turn)
  becomeBackup(turn, { ...nobodyHeard(turn), yielding: true })
}

/** Whether the time that our adverts have bought is over: after a stall, or when they do not leave. */
export const leaseIsOver = (master: Active, nowMs: number): boolean => nowMs >= master.leaseUntilMs
