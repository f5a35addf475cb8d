import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { Machine } from '../../runtime/actor-system/machine/machine.ts'
import { applyNext, continueApplying, continuePinning } from './applying.ts'
import { configure } from './configuring.ts'
import { compareOutline, look, startLooking } from './looking.ts'
import { endPatience, startPatience } from './patience.ts'
import { tellReady } from './ready.ts'
import { repeatServing, tellServing } from './serving.ts'
import { type FastPathEffect, type FastPathEvent, type FastPathState, type FastPathTimer, labelOf } from './state.ts'
import { noteFormerMacs } from './staying/former-macs.ts'
import { expireGivingWay, noteAnnounced, noteGivenUp } from './staying/giving-way.ts'
import { giveUpHearing, noteLead, noteMaster } from './staying/hearing.ts'
import { noteAway } from './staying/retelling.ts'
import { endSettling, noteSettlingInForce } from './staying/settling.ts'
import {
  askLater,
  keepStaying,
  noteDirector,
  noteMove,
  notePlaces,
  startTelling,
  tellStaying,
} from './staying/staying.ts'
import { beginStopping, continueRemoving, decideWhatStays, noteLeft } from './stopping.ts'
import { noteGroup, takeOver } from './taking-over.ts'
import { Turn } from './turn.ts'

/**
 * The fast path, pure: compares what the kernel should do with what it does, and has the difference applied.
 *
 *     start -> find the tables of a predecessor -> (wait until the group is known) -> all of it, in one transaction
 *     role, forwarding -> the smallest change          at most one transaction under way; the newest wish follows it
 *     a refusal -> read, then all of it, later         look, once a second: somebody changed our tables -> the same
 *     stop -> node of everything -> tables and addresses removed, or left behind for the connections that live by them
 */
export const step: Machine<FastPathState, FastPathEvent, FastPathEffect> = (state, event, nowMs) => {
  const turn = new Turn(state, nowMs)
  handle(turn, event)
  noteSettlingInForce(turn, state)
  applyNext(turn)
  tellReady(turn)
  tellServing(turn)
  return { state: turn.state, effects: turn.effects }
}

function handle(turn: Turn, event: FastPathEvent): void {
  switch (event.type) {
    case 'start':
      startLooking(turn)
      startPatience(turn)
      return
    case 'role': {
      const before = turn.state
      turn.change({ roles: new Map(before.roles).set(event.instance, event) })
      const was = before.roles.get(event.instance)
      const isAnothers = was?.masterAddress !== event.masterAddress
      if (isAnothers) startPatience(turn)
      if (isAnothers || was?.role !== event.role) noteDirector(turn)
      noteGivenUp(turn, before, event)
      noteMaster(turn, event)
      noteLead(turn, before)
      return
    }
    case 'forwarding': {
      const before = turn.state
      noteGroup(turn, event)
      noteFormerMacs(turn, before.group)
      notePlaces(turn, before)
      noteAway(turn, before)
      noteMove(turn, before)
      noteLeft(turn, before)
      return
    }
    case 'clientsOf':
      keepStaying(turn, event)
      return
    case 'discoveryUp':
      repeatServing(turn)
      return
    case 'configured':
      configure(turn, event.settings)
      return
    case 'interfaceChanged':
      startLooking(turn)
      return
    case 'spokenFor':
      noteAnnounced(turn, event.address, event.mac)
      return
    case 'timerExpired':
      expire(turn, event.timer)
      return
    case 'tablesFound':
      takeOver(turn, event.found)
      return
    case 'applied':
      continueApplying(turn, event.result)
      return
    case 'looked':
      look(turn, event.look)
      return
    case 'outlined':
      compareOutline(turn, event.generation, event.outline)
      return
    case 'addressesPut':
      if (event.refusals.length === 0) turn.resolved('addresses')
      for (const refusal of event.refusals) turn.trouble('addresses', warning('vip-not-on-lo', null, refusal))
      return
    case 'stop':
      beginStopping(turn)
      return
    case 'clientsRead':
      if (turn.state.errand.kind === 'reading') turn.change({ errand: { kind: 'none' } })
      tellStaying(turn, event.clients)
      if (turn.state.errand.kind === 'retiring') decideWhatStays(turn, event.clients)
      return
    case 'pinsAdded':
      continuePinning(turn, event.result)
      return
    case 'removed':
      continueRemoving(turn, event.result)
      return
    default:
      event satisfies never
  }
}

function expire(turn: Turn, timer: FastPathTimer): void {
  turn.noteExpired(timer)
  switch (timer) {
    case 'look':
      startLooking(turn)
      return
    case 'patience':
      endPatience(turn)
      return
    case 'askAgain':
      if (turn.state.applied === null && !turn.state.stopping) startTelling(turn)
      else askLater(turn)
      return
    case 'hearing':
      giveUpHearing(turn)
      return
    case 'settle':
      endSettling(turn)
      return
    case 'givingWay':
      expireGivingWay(turn)
      return
    case 'leaving':
    case 'retry':
      // What was waited for is done below.
      return
    default:
      timer satisfies never
  }
}

/** As it is run, and replayed. */
export const fastPathMachine = { machine: 'fast-path', step, label: labelOf }
