/**
 * Keeps the raw sockets open. An interface may go and come back (a driver reloads, a container is rewired): its sockets
 * are then deaf and must be opened again, which is tried with growing patience.
 *
 *              opened                 lost
 *     closed ----------->  open  ----------------.
 *       ^  ^-- openFailed                        |
 *       |      (timer: 100 ms, 200 ms ... 2 s)   |
 *       '----------------------------------------'
 */

import type {
  CancelTimer,
  StartTimer,
  Step,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import type { ElectorName } from '../elector/messages.ts'
import type { BeaconsLost, RawIpDelivery, SocketsReopened } from './messages.ts'

/** Of each protocol, the actors that its packets are for: an advert's is the elector of its family and VRID. */
export type RawIpPeers = {
  readonly discovery: RawIpDelivery | BeaconsLost
  readonly [elector: ElectorName]: RawIpDelivery | SocketsReopened
}

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 2000

export interface SocketsState {
  /** What people read: `raw sockets`. */
  readonly title: string
  readonly open: boolean
  /** Times that opening was tried or lost since a packet last went through; what the patience grows by. */
  readonly failures: number
  readonly reopened: number
  /** Why the sockets are closed, or were last; null before anything went wrong. */
  readonly lastFailure: string | null
}

export type SocketsEvent =
  | { readonly type: 'opened' }
  | { readonly type: 'openFailed'; readonly reason: string }
  /** The sockets are of no more use. */
  | { readonly type: 'lost'; readonly reason: string }
  /** The interface was made anew, or the address went or is back: whatever is open is of no more use, and what is waited for may be there. */
  | { readonly type: 'interfaceChanged' }
  /** A packet went through, either way. */
  | { readonly type: 'worked' }
  | TimerExpired<'reopen'>

export type SocketsEffect =
  | { readonly type: 'open' }
  | { readonly type: 'close' }
  | StartTimer<'reopen'>
  | CancelTimer<'reopen'>
  | WriteLog

export const initialSockets = (title: string): SocketsState => ({
  title,
  open: false,
  failures: 0,
  reopened: 0,
  lastFailure: null,
})

type SocketsStep = Step<SocketsState, SocketsEffect>

export function stepSockets(state: SocketsState, event: SocketsEvent): SocketsStep {
  switch (event.type) {
    case 'opened':
      return opened(state)
    case 'openFailed':
      return retryLater(state, event.reason, [])
    case 'lost':
      return state.open ? retryLater(state, event.reason, [{ type: 'close' }]) : { state, effects: [] }
    case 'interfaceChanged':
      return reopenNow(state)
    case 'worked':
      return { state: state.failures > 0 && state.open ? { ...state, failures: 0 } : state, effects: [] }
    case 'timerExpired':
      return { state, effects: [{ type: 'open' }] }
    default:
      return event satisfies never
  }
}

/** A reopening that was to come later is overtaken. */
function reopenNow(state: SocketsState): SocketsStep {
  const lastFailure = 'the interface has changed'
  const overtaken: SocketsEffect = state.open ? { type: 'close' } : { type: 'cancelTimer', timer: 'reopen' }
  return { state: { ...state, open: false, lastFailure }, effects: [overtaken, { type: 'open' }] }
}

function opened(state: SocketsState): SocketsStep {
  const isFirst = state.lastFailure === null
  const log: WriteLog = { type: 'log', level: 'info', line: `${state.title} are open again` }
  return {
    state: { ...state, open: true, reopened: state.reopened + (isFirst ? 0 : 1) },
    effects: isFirst ? [] : [log],
  }
}

function retryLater(state: SocketsState, reason: string, first: readonly SocketsEffect[]): SocketsStep {
  const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(state.failures, 10))
  // One line for an outage, not one for each attempt.
  const logs: WriteLog[] =
    state.open || state.lastFailure !== reason
      ? [{ type: 'log', level: 'warn', line: `${state.title} are closed: ${reason}; trying again` }]
      : []
  return {
    state: { ...state, open: false, failures: state.failures + 1, lastFailure: reason },
    effects: [...first, ...logs, { type: 'startTimer', timer: 'reopen', delayMs }],
  }
}
