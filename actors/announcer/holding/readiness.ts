import type { Holding } from '../state.ts'
import type { Turn } from '../turn.ts'
import { announce } from './announcing.ts'

/** A fast path that cannot is waited for no longer: what no redirect is about is served here all the same, and who gives way leaves off, too. */
export const FAST_PATH_PATIENCE_MS = 2000

/** Forward first, announce then: until clients hear of this node they are served by the director that gives way. */
export function awaitFastPath(turn: Turn, holding: Holding): void {
  const awaiting: Holding = { ...holding, awaitsFastPath: true }
  turn.enter(awaiting)
  if (isReady(turn)) announce(turn, awaiting)
  else turn.startTimer('ready', FAST_PATH_PATIENCE_MS)
}

/** The fast path has said what it is ready for. */
export function noteForwarded(turn: Turn, virtualIps: readonly string[]): void {
  turn.change({ forwarded: virtualIps })
  const { phase } = turn.state
  if (phase.label === 'HOLDING' && phase.awaitsFastPath && isReady(turn)) announce(turn, phase)
}

export function giveUpWaiting(turn: Turn): void {
  const { phase } = turn.state
  if (phase.label !== 'HOLDING' || !phase.awaitsFastPath) return
  const text = `kernel mode is not ready after ${FAST_PATH_PATIENCE_MS / 1000} s: announcing the virtual IPs all the same`
  turn.logInstance('warn', text)
  announce(turn, phase)
}

function isReady({ state, options }: Turn): boolean {
  return options.virtualIps.every(({ address }) => state.forwarded.includes(address))
}
