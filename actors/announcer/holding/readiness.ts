import type { ForwardedMessage } from '../messages.ts'
import type { Holding } from '../state.ts'
import type { Turn } from '../turn.ts'
import { announce } from './announcing.ts'

/** A fast path that cannot is waited for no longer: what no redirect is about is served here all the same, and who gives way leaves off, too. */
export const FAST_PATH_PATIENCE_MS = 2000

/**
 * Forward first, announce then. Until clients hear of this node they are served by the director that gives way, or by the kernel of one whose
 * gateway has died; where its host is dead, too, the first packets would find no rules here.
 */
export function awaitFastPath(turn: Turn, holding: Holding, awaits: 'ready' | 'rules'): void {
  const awaiting: Holding = { ...holding, awaits }
  turn.enter(awaiting)
  if (isAwaited(turn, awaits)) announce(turn, awaiting)
  else turn.startTimer('ready', FAST_PATH_PATIENCE_MS)
}

/** The fast path has said what it forwards. */
export function noteForwarded(turn: Turn, { virtualIps: rules, ready }: ForwardedMessage): void {
  turn.change({ forwarded: { rules, ready } })
  continueAwaiting(turn)
}

/** What is waited for may be there. */
export function continueAwaiting(turn: Turn): void {
  const { phase } = turn.state
  if (phase.label === 'HOLDING' && phase.awaits !== null && isAwaited(turn, phase.awaits)) announce(turn, phase)
}

export function giveUpWaiting(turn: Turn): void {
  const { phase } = turn.state
  if (phase.label !== 'HOLDING' || phase.awaits === null) return
  const text = `kernel mode is not ready after ${FAST_PATH_PATIENCE_MS / 1000} s: announcing the virtual IPs all the same`
  turn.logInstance('warn', text)
  announce(turn, phase)
}

function isAwaited({ state, options }: Turn, awaits: 'ready' | 'rules'): boolean {
  return options.virtualIps.every(({ address }) => state.forwarded[awaits].includes(address))
}
