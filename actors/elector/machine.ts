import { isDeepStrictEqual } from 'node:util'
import type { Step } from '../../runtime/actor-system/machine/machine.ts'
import { type Advertisement, OWNER_PRIORITY } from '../../runtime/wire/vrrp.ts'
import type { AnnouncerReport } from '../announcer/messages.ts'
import type { PacketDelivery } from '../raw-ip/messages.ts'
import { tellLeader } from './adverts/leader.ts'
import { noteForeign, noteVrid } from './adverts/neighbour-notices.ts'
import { DISCARD_TEXTS, type Discarded, receive } from './adverts/reception.ts'
import { configure } from './configuration.ts'
import { tellTimeline } from './happenings.ts'
import { masterDownMs } from './intervals.ts'
import { samePriorityText } from './messages.ts'
import { hearInBackup, suspectMaster, takeOver, waitAgain } from './phases/backup.ts'
import { forgetMaster, hearInFault } from './phases/fault.ts'
import { beginHandOver, mayHandOver } from './phases/hand-over.ts'
import { endHoldOff, startHoldOff } from './phases/hold-off.ts'
import { advertiseOnTime, hearInMaster, renewLease, speakAgain } from './phases/master.ts'
import {
  becomeBackup,
  becomeInitial,
  becomeMaster,
  fence,
  leaseIsOver,
  nobodyHeard,
  resign,
  stepDown,
  takeLeave,
} from './phases/transitions.ts'
import type { ElectorPeers } from './state.ts'
import { type ElectorEffect, type ElectorEvent, type ElectorState, labelOf, roleOf } from './state.ts'
import { faultOf, track } from './tracking.ts'
import { Turn } from './turn.ts'

/**
 * The VRRP state machine of one virtual router (RFC 3768 §6.4, RFC 9568 §6.4), pure.
 *
 *     INIT --start--> BACKUP --master-down timer, then drained--> MASTER
 *     INIT --start, owner (255)---------------------------------> MASTER
 *                     BACKUP <--higher priority, lease over, stepDown-- MASTER
 *     BACKUP, MASTER --something tracked fails--> FAULT --it is well again--> BACKUP
 *     INIT <--shutdown-- BACKUP, MASTER, FAULT
 *
 * A master fences itself: it is master only as long as its adverts are seen to leave. When the lease that they bought is
 * over at any event, whatever that event says, the machine first gives up and only then looks at it.
 */
export function stepElector(
  state: ElectorState,
  event: ElectorEvent,
  nowMs: number,
): Step<ElectorState, ElectorEffect> {
  const turn = new Turn(state, nowMs)
  if (state.phase.label === 'MASTER' && leaseIsOver(state.phase, nowMs)) {
    fence(turn, state.phase, 'no advert of ours was seen to leave for a whole lease: giving up before another follows')
  }
  handle(turn, event)
  finishRetiring(turn)
  tellLeader(turn)
  tellTimeline(turn, state)
  tellRole(turn, state)
  if (turn.state.phase.label !== state.phase.label) tellNotifier(turn)
  return { state: turn.state, effects: turn.effects }
}

function handle(turn: Turn, event: ElectorEvent): void {
  if (event.type === 'configured') {
    configure(turn, event.options)
    return
  }
  const { phase } = turn.state
  if (phase.label === 'INIT') {
    if (event.type === 'start') start(turn)
    if (event.type === 'retire') turn.change({ retiring: true })
    if (event.type === 'drained') takeOver(turn, turn.state, event.number, event.confirm)
    return
  }
  switch (event.type) {
    case 'start':
      return
    case 'packet':
      hear(turn, event)
      return
    case 'sent':
      if (phase.label === 'MASTER') renewLease(turn, phase, event.confirm, event.atMs)
      return
    case 'sendFailed':
      turn.count('sendsFailed')
      turn.note({
        key: 'send',
        level: 'warn',
        text: `adverts cannot be sent: ${event.reason}`,
        code: 'adverts-not-sent',
      })
      return
    case 'timerExpired':
      if (phase.label === 'MASTER' && event.timer === 'advert') advertiseOnTime(turn, phase)
      if (phase.label === 'BACKUP' && event.timer === 'masterDown') suspectMaster(turn, phase)
      if (phase.label === 'FAULT' && event.timer === 'masterDown') forgetMaster(turn, phase)
      return
    case 'drained':
      takeOver(turn, turn.state, event.number, event.confirm)
      return
    case 'drainFailed':
      if (phase.label === 'BACKUP') waitAgain(turn, phase, event.number)
      return
    case 'held':
    case 'released':
    case 'leaseExpired':
    case 'holdFailed':
      hearAnnouncer(turn, event)
      return
    case 'track':
      track(turn, event)
      return
    case 'socketsReopened':
      greet(turn, 'raw-ip')
      return
    case 'peerUp':
      greet(turn, event.peer)
      return
    case 'stepDown':
      if (phase.label === 'MASTER' && mayHandOver(phase)) beginHandOver(turn, phase)
      return
    case 'retire':
      turn.change({ retiring: true })
      if (phase.label === 'MASTER' && mayHandOver(phase)) beginHandOver(turn, phase)
      return
    case 'caughtUp':
      endHoldOff(turn)
      return
    case 'shutdown':
      becomeInitial(turn)
      return
    default:
      event satisfies never
  }
}

/** Rule 19, but that nobody has to wait for the follower: that has been heard by now, or there is none. */
function finishRetiring(turn: Turn): void {
  const { retiring, phase } = turn.state
  if (!retiring || (phase.label === 'MASTER' && phase.steppingDownSinceMs !== null)) return
  if (phase.label !== 'INIT') becomeInitial(turn)
  turn.change({ retiring: false })
  turn.perform({ type: 'retired' })
}

/** Rule 9: the owner is master at once, everybody else listens first. */
function start(turn: Turn): void {
  // Whoever was director until now hears that by the first advert.
  if (turn.options.priority === OWNER_PRIORITY) becomeMaster(turn, true)
  else becomeBackup(turn, nobodyHeard(turn))
  startHoldOff(turn)
}

function hear(turn: Turn, { packet, receivedAtMs }: Pick<PacketDelivery, 'packet' | 'receivedAtMs'>): void {
  const received = receive(packet, turn.options)
  if (!received.ok) {
    discard(turn, received)
    return
  }
  turn.count('advertsReceived')
  const { source, advert } = received
  if (advert.priority === 0) turn.count('priorityZeroReceived')
  compareSettings(turn, source, advert)
  const { phase } = turn.state
  if (phase.label === 'MASTER') hearInMaster(turn, phase, source, advert)
  if (phase.label === 'BACKUP') hearInBackup(turn, phase, { source, advert, receivedAtMs })
  if (phase.label === 'FAULT') hearInFault(turn, phase, source, advert)
}

/** Rule 4: counted, and told at a limited rate. */
function discard(turn: Turn, { reason, source, advert }: Discarded): void {
  turn.count(`discarded.${reason}`)
  if (advert !== null && reason === 'vrid') {
    noteVrid(turn, advert.virtualRouterId)
    return
  }
  if (advert !== null && source !== null) {
    noteForeign(turn, source, advert, reason === 'auth')
    return
  }
  const text = DISCARD_TEXTS[reason]
  if (text === null) return
  turn.note({
    key: `discarded:${reason}`,
    level: 'warn',
    text: `discarded an advert of ${source ?? '?'}: ${text}`,
    code: 'adverts-discarded',
    ...(source !== null && { about: source }),
  })
}

/** Rule 5: another list of addresses is told, not discarded. Two nodes of one priority are told as well. */
function compareSettings(turn: Turn, source: string, advert: Advertisement): void {
  noteForeign(turn, source, advert, false)
  const { priority } = turn.options
  const key = `priority:${source}`
  if (advert.priority === priority) {
    const text = samePriorityText(source, priority)
    turn.note({ key, level: 'warn', text, code: 'same-priority', about: source })
    // Priority 0 is said by whoever resigns.
  } else if (advert.priority > 0) turn.noteOver(key)
}

function hearAnnouncer(turn: Turn, report: AnnouncerReport): void {
  const { phase } = turn.state
  switch (report.type) {
    case 'held': {
      const { takingOverSinceMs } = turn.state
      if (phase.label === 'MASTER' && takingOverSinceMs !== null) turn.time('takeover', turn.nowMs - takingOverSinceMs)
      turn.change({ takingOverSinceMs: null })
      return
    }
    case 'released':
      // A predecessor of ours crashed as master. Nobody shall wait for it (rule 19), unless somebody has already followed.
      if (turn.state.mayInherit && phase.label === 'BACKUP' && phase.master === null) resign(turn)
      if (turn.state.takesLeave && phase.label === 'BACKUP') takeLeave(turn)
      turn.change({ mayInherit: false, takesLeave: false })
      return
    case 'leaseExpired':
      if (phase.label === 'MASTER') fence(turn, phase, 'the lease of the virtual IPs ended before it was renewed')
      return
    case 'holdFailed':
      turn.count('holdsFailed')
      turn.note({
        key: 'hold',
        level: 'error',
        text: `cannot hold ${report.address}: ${report.reason}`,
        code: 'vip-refused',
        about: report.address,
      })
      // A director without the addresses serves nobody: let the next one try.
      if (phase.label === 'MASTER') stepDown(turn)
      return
    default:
      report satisfies never
  }
}

/** A peer has (re)started and knows nothing. */
function greet(turn: Turn, peer: keyof ElectorPeers): void {
  const { phase } = turn.state
  switch (peer) {
    case 'discovery':
    case 'dispatcher':
    case 'forwarder':
    case 'fast-path':
    case 'watcher':
      turn.send(peer, roleOf(turn.state))
      return
    case 'notifier':
      tellNotifier(turn)
      return
    case 'announcer':
      if (phase.label === 'BACKUP' || phase.label === 'FAULT') turn.send('announcer', { type: 'release' })
      if (phase.label === 'MASTER' && phase.holding) {
        turn.send('announcer', { type: 'hold', leaseUntilMs: phase.leaseUntilMs })
      }
      return
    case 'raw-ip':
      if (phase.label === 'MASTER') speakAgain(turn, phase)
      // While it was down we were deaf, and a silence that nobody could have broken proves nothing.
      if (phase.label === 'BACKUP') turn.awaitMaster(phase, masterDownMs(turn.options, phase.masterIntervalMs))
      return
    default:
      peer satisfies never
  }
}

function tellNotifier(turn: Turn): void {
  const { phase, options, tracking } = turn.state
  const reason = phase.label === 'FAULT' ? (faultOf(options.track, tracking)?.reason ?? null) : null
  const { instance, priority } = options
  turn.send('notifier', { type: 'instanceState', instance, state: phase.label, priority, reason })
}

function tellRole(turn: Turn, before: ElectorState): void {
  const [was, is] = [roleOf(before), roleOf(turn.state)]
  if (isDeepStrictEqual(was, is)) return
  turn.send('discovery', is)
  turn.send('dispatcher', is)
  turn.send(turn.options.forwardedBy ?? 'forwarder', is)
  turn.send('watcher', is)
}

/** As it is run, and replayed. */
export const electorMachine = { machine: 'elector', step: stepElector, label: labelOf }
