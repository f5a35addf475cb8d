import { type Progress, RECENT_MS } from '../state.ts'
import { withHello, withReports } from './outgoing.ts'

/**
 * A virtual machine that is put back to a snapshot goes on with numbers that it has used: everybody takes its beacons for
 * recordings. It learns of that by theirs, which say how far it had come, and goes on under a new epoch, as after a restart. So it does
 * where somebody without a key has sent in its name.
 */

export const RENEWAL_TEXT =
  'this node was heard with beacons that it has not sent: was it put back to a snapshot, or does somebody send in its name? It goes on under a new epoch'

/** This node's epoch is of no more use; once an interval at most. `heard`: the sequence that it was said to have reached. */
export function withRenewalAsked({ state, effects }: Progress, heard: number, nowMs: number): Progress {
  if (nowMs - (state.renewedAtMs ?? Number.NEGATIVE_INFINITY) < state.options.intervalMs) return { state, effects }
  return { state: { ...state, renewedAtMs: nowMs }, effects: [...effects, { type: 'renewEpoch', heard }] }
}

/** The new one is there: it is told to all at once. */
export function withEpoch({ state, effects }: Progress, epoch: string, nowMs: number): Progress {
  const line = { type: 'log', level: 'warn', line: RENEWAL_TEXT } as const
  const renewed = { state: { ...state, epoch }, effects: [...effects, line] }
  return state.role === 'director' ? withHello(renewed, nowMs) : withReports(renewed, nowMs)
}

/** Whether that is still to be said in the status. */
export const wasRenewed = (renewedAtMs: number | null, nowMs: number): boolean =>
  renewedAtMs !== null && nowMs - renewedAtMs < RECENT_MS
