import type { Turn } from './turn.ts'

/** Of what is remembered of the past. */
const CORRECTIONS_KEPT = 8
/** So many corrections are made at once, in this time; more are a fight with another tool, and left to the check once a second. */
const PROMPT_CORRECTIONS = 3
const PROMPT_WINDOW_MS = 10_000

/** An address was put back, or taken off, that something else had removed or added. */
export function noteCorrection(turn: Turn): void {
  turn.change({ corrections: [...turn.state.corrections, turn.nowMs].slice(-CORRECTIONS_KEPT) })
}

/** Whether a change may be answered at once: not where that would be a fight at full speed. */
export function mayCorrectNow({ state, nowMs }: Turn): boolean {
  return state.corrections.filter((atMs) => nowMs - atMs < PROMPT_WINDOW_MS).length < PROMPT_CORRECTIONS
}
