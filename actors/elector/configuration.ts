import { sameAddresses } from './adverts/reception.ts'
import type { ElectorOptions } from './options.ts'
import { advertise } from './phases/transitions.ts'
import { forgetScripts, judgeTracking } from './tracking.ts'
import type { Turn } from './turn.ts'

/**
 * Other settings for an election that goes on: nobody becomes or ceases to be master by it. The next advert says a new priority,
 * and whoever it concerns acts by the rules; other virtual IPs are said at once. Of the start, when this process had settled stays true.
 */
export function configure(turn: Turn, wanted: ElectorOptions): void {
  const { options, phase } = turn.state
  const { settledAtMs, priority } = options
  turn.change({ configuredPriority: wanted.priority, options: { ...wanted, settledAtMs, priority } })
  // A delay that is counted already was the old one.
  if (phase.label === 'BACKUP' && wanted.preemptDelayMs !== options.preemptDelayMs) {
    turn.enter({ ...phase, preemptAtMs: null })
  }
  forgetScripts(turn)
  judgeTracking(turn)
  const { phase: now } = turn.state
  const speaks = now.label === 'MASTER' && now.steppingDownSinceMs === null
  if (speaks && !sameAddresses(options.virtualIps, wanted.virtualIps)) advertise(turn)
}
