import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { Step } from '../../runtime/actor-system/machine/machine.ts'
import { configure, giveUpAsking } from './configuring.ts'
import { noteForeign } from './foreign.ts'
import { announceAnew, defend, sendDueGarp } from './holding/announcing.ts'
import { checkHeld, continueTaking, deviceOf, extend, finishPut, giveUp, take } from './holding/holding.ts'
import { giveUpWaiting, noteForwarded } from './holding/readiness.ts'
import { beginYield, endYield, letGo, release } from './holding/yielding.ts'
import { sweep } from './leftovers.ts'
import { occupy } from './occupied.ts'
import { lookNow, vacate } from './reconcile.ts'
import {
  type AnnouncerEffect,
  type AnnouncerEvent,
  type AnnouncerState,
  type AnnouncerTimer,
  labelOf,
} from './state.ts'
import { Turn } from './turn.ts'

/**
 * The announcer, pure: keeps the virtual IPs on the interface for as long as the elector's lease says, and not longer.
 *
 *     IDLE --hold--> TAKING --interfaceRead, addressesPut--> HOLDING
 *     IDLE <--release, lease over, holdFailed-- TAKING, HOLDING
 *     IDLE <--release, time over-- YIELDING <--yield-- HOLDING <--hold-- YIELDING
 *     IDLE <--connectionsReset, time over-- RESETTING <--release-- HOLDING, <--time over-- YIELDING   (where forwarders end with the addresses)
 *
 * Three fences, each for where the one before does not reach: the elector releases; if it does not, the lease ends here,
 * which is looked at before every event whatever it says; if this process is stopped or dead, the kernel removes the
 * addresses itself, for they are put there with a lifetime.
 */
export function stepAnnouncer(
  state: AnnouncerState,
  event: AnnouncerEvent,
  nowMs: number,
): Step<AnnouncerState, AnnouncerEffect> {
  const turn = new Turn(state, nowMs)
  expireLease(turn)
  // Whatever ends a phase ends its timers, also the one that has just expired.
  if (event.type !== 'timerExpired' || turn.state.phase === state.phase) handle(turn, event)
  finishStopping(turn)
  return { state: turn.state, effects: turn.effects }
}

function finishStopping(turn: Turn): void {
  const { stopping, phase } = turn.state
  if (!stopping || phase.label !== 'IDLE') return
  turn.change({ stopping: false })
  turn.perform({ type: 'stopped' })
}

function expireLease(turn: Turn): void {
  const { phase } = turn.state
  if (phase.label === 'YIELDING') {
    if (turn.nowMs >= phase.untilMs) endYield(turn, phase)
    return
  }
  if (phase.label === 'RESETTING') {
    if (turn.nowMs >= phase.untilMs) release(turn, phase)
    return
  }
  if (phase.label === 'IDLE' || turn.nowMs < phase.leaseUntilMs) return
  giveUp(turn, phase)
  turn.change({ leaseExpiries: turn.state.leaseExpiries + 1 })
  turn.logInstance('warn', 'the lease of the virtual IPs ended before it was renewed')
  turn.report({ type: 'leaseExpired' })
}

function handle(turn: Turn, event: AnnouncerEvent): void {
  const { phase } = turn.state
  switch (event.type) {
    case 'start':
    case 'makeReady':
      if (phase.label === 'IDLE') turn.perform({ type: 'readInterface' })
      return
    case 'hold':
      if (phase.label === 'TAKING' || phase.label === 'HOLDING') extend(turn, phase, event.leaseUntilMs)
      else take(turn, event.leaseUntilMs, event.succeeds === true)
      return
    case 'renew':
      // A renewal alone takes nothing: it may be older than the release that came before it.
      if (phase.label === 'TAKING' || phase.label === 'HOLDING') extend(turn, phase, event.leaseUntilMs)
      return
    case 'release':
      if (phase.label !== 'IDLE' && phase.label !== 'RESETTING') letGo(turn, phase)
      return
    case 'connectionsReset':
      if (phase.label === 'RESETTING') release(turn, phase)
      return
    case 'yield':
      if (phase.label === 'HOLDING') beginYield(turn, phase)
      else if (phase.label !== 'RESETTING') release(turn, phase)
      return
    case 'announce':
      if (phase.label === 'HOLDING') announceAnew(turn, phase)
      return
    case 'forwarded':
      noteForwarded(turn, event)
      return
    case 'interfaceChanged':
      lookNow(turn)
      return
    case 'occupied':
      occupy(turn, event.address, event.mac)
      return
    case 'vacant':
      vacate(turn, event.address)
      return
    case 'contested':
      if (phase.label === 'HOLDING' && phase.awaits === null) defend(turn, phase, event.address)
      return
    case 'timerExpired':
      expire(turn, event.timer)
      return
    case 'interfaceRead':
      turn.change({ device: event.result.ok ? deviceOf(event.result.value) : null })
      if (event.result.ok) noteForeign(turn, event.result.value)
      if (phase.label === 'IDLE') sweep(turn, event.result)
      if (phase.label === 'TAKING') continueTaking(turn, phase, event.result)
      if (phase.label === 'HOLDING') checkHeld(turn, phase, event.result)
      return
    case 'addressesPut':
      if (phase.label === 'TAKING' || phase.label === 'HOLDING') finishPut(turn, phase, event.refusals)
      return
    case 'removeRefused':
      turn.log('error', `cannot remove ${event.address}: ${event.reason}; the kernel will when its lifetime ends`)
      return
    case 'garpSent':
      turn.change({ gratuitousArpsSent: turn.state.gratuitousArpsSent + event.frames })
      turn.resolved('garp')
      return
    case 'garpRefused':
      turn.trouble(
        'garp',
        warning('arp-not-sent', event.address, `cannot send gratuitous ARP for ${event.address}: ${event.reason}`),
      )
      return
    case 'configured':
      configure(turn, event.options)
      return
    case 'stop':
      turn.change({ stopping: true })
      if (phase.label === 'HOLDING') letGo(turn, phase)
      if (phase.label === 'TAKING') giveUp(turn, phase)
      // Who gives way has clients to tell, or nobody waits for the end of it.
      if (phase.label === 'YIELDING' && turn.options.forwardedBy !== 'forwarder') giveUp(turn, phase)
      return
    default:
      event satisfies never
  }
}

function expire(turn: Turn, timer: AnnouncerTimer): void {
  const { phase } = turn.state
  turn.noteExpired(timer)
  if (timer === 'check') {
    turn.perform({ type: 'readInterface' })
    return
  }
  if (phase.label === 'IDLE') return
  switch (timer) {
    case 'lease':
      // Not over, or the step had begun with that: it was renewed since the timer was started.
      if (phase.label === 'TAKING' || phase.label === 'HOLDING')
        turn.startTimer('lease', phase.leaseUntilMs - turn.nowMs)
      return
    case 'yield':
      // Early by a fraction of a millisecond.
      if (phase.label === 'YIELDING' || phase.label === 'RESETTING')
        turn.startTimer('yield', phase.untilMs - turn.nowMs)
      return
    case 'ready':
      giveUpWaiting(turn)
      return
    case 'garp':
      if (phase.label === 'HOLDING') sendDueGarp(turn, phase)
      return
    case 'added':
      if (phase.label === 'HOLDING') giveUpAsking(turn, phase)
      return
    default:
      timer satisfies never
  }
}

/** As it is run, and replayed. */
export const announcerMachine = { machine: 'announcer', step: stepAnnouncer, label: labelOf }
