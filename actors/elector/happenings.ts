/** What becomes of a virtual router, as the timeline tells it: who leads, and why it is another one than before. */
import type { TimelineHappening } from '../inspector/messages.ts'
import type { Backup, ElectorState, Phase } from './state.ts'
import { faultOf } from './tracking.ts'
import type { Turn } from './turn.ts'

/** At the end of a step. `before`: the state at its beginning. */
export function tellTimeline(turn: Turn, before: ElectorState): void {
  const { phase } = turn.state
  const happening = phase.label === before.phase.label ? undefined : ownHappening(turn, before)
  if (happening !== undefined) turn.perform({ type: 'happened', ...happening })
}

/** Another node leads, as its adverts say. */
export const leaderHappening = (
  { virtualIps }: ElectorState['options'],
  address: string,
  priority: number,
): TimelineHappening => ({
  kind: 'director',
  level: 'info',
  what: `is director of ${virtualIps[0]}, with priority ${priority}`,
  address,
})

function ownHappening(turn: Turn, before: ElectorState): TimelineHappening | undefined {
  const { phase, options, tracking } = turn.state
  const [virtualIp] = options.virtualIps
  switch (phase.label) {
    case 'MASTER':
      return { kind: 'director', level: 'info', what: `is director of ${virtualIp}: ${whyDirector(turn, before)}` }
    case 'BACKUP':
      return { kind: 'backup', ...backupReason(turn, phase, before) }
    case 'FAULT': {
      const why = faultOf(options.track, tracking)?.reason ?? 'something that is tracked has failed'
      return { kind: 'fault', level: 'failure', what: `takes no part in the election of ${virtualIp}: ${why}` }
    }
    case 'INIT':
      if (before.phase.label !== 'MASTER') return undefined
      return { kind: 'backup', level: 'info', what: `gives ${virtualIp} up: its gateway stops` }
    default:
      return phase satisfies never
  }
}

function whyDirector({ nowMs, options }: Turn, { phase, leaderTold }: ElectorState): string {
  if (phase.label !== 'BACKUP') return 'it owns the address'
  const leader = leaderTold === null || leaderTold.address === options.primaryAddress ? null : leaderTold.address
  if (phase.resigned) return `${leader ?? 'the director before'} gave way`
  if (phase.contesting) return `its priority is higher than that of ${leader ?? 'the director before'}`
  if (leader === null) return 'nobody else leads'
  const silentMs = nowMs - phase.silence.sinceMs
  return `no advert from ${leader} for ${(silentMs / 1000).toFixed(1)} s`
}

function backupReason(
  { options, state }: Turn,
  { master }: Backup,
  before: ElectorState,
): Pick<TimelineHappening, 'level' | 'what'> {
  const [virtualIp] = options.virtualIps
  const was: Phase['label'] = before.phase.label
  if (was === 'INIT') return { level: 'info', what: `takes part in the election of ${virtualIp}` }
  if (was === 'FAULT') return { level: 'info', what: `takes part in the election of ${virtualIp} again` }
  if (state.handOver !== before.handOver && state.handOver?.outcome === 'taken')
    return { level: 'info', what: `has handed ${virtualIp} over to ${state.handOver.by}` }
  if (master !== null)
    return { level: 'info', what: `gives way to ${master.address}, which has priority ${master.priority}` }
  const expired = (state.counters.leaseExpiries ?? 0) > (before.counters.leaseExpiries ?? 0)
  const why = expired ? 'its adverts did not leave in time' : 'it cannot hold the address'
  return { level: 'failure', what: `has given ${virtualIp} up: ${why}` }
}
