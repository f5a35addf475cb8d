import { isDeepStrictEqual } from 'node:util'
import { announce } from './holding/announcing.ts'
import type { AnnouncerSettings } from './state.ts'
import type { Turn } from './turn.ts'

/** Other settings while it goes on as it was: holding for the same lease, or not. */
export function configure(turn: Turn, wanted: AnnouncerSettings): void {
  const { phase, options } = turn.state
  turn.change({ options: wanted })
  // A refresh that was not asked for before would otherwise begin at the next takeover only.
  if (phase.label === 'HOLDING' && !isDeepStrictEqual(options.garp, wanted.garp)) announce(turn, phase)
}
