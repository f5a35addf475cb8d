import { giveUp } from './holding.ts'
import type { Holding, Phase } from './state.ts'
import type { Turn } from './turn.ts'

/**
 * From the advert of who takes the addresses until its gratuitous ARP has arrived everywhere: its threads have just to hear that
 * the advert has left, and to ask the kernel. Whoever does not know yet is served here meanwhile.
 */
export const YIELD_MS = 20

/** Make before break: the addresses stay for a moment, and nothing is said for them. */
export function beginYield(turn: Turn, { device, withheld, leaseUntilMs }: Holding): void {
  const untilMs = Math.min(turn.nowMs + YIELD_MS, leaseUntilMs)
  turn.cancelTimers()
  turn.enter({ label: 'YIELDING', device, withheld, untilMs })
  turn.startTimer('yield', untilMs - turn.nowMs)
}

/** The addresses go now, and the elector hears of it. */
export function release(turn: Turn, phase: Phase): void {
  if (phase.label !== 'IDLE') giveUp(turn, phase)
  turn.report({ type: 'released' })
}
