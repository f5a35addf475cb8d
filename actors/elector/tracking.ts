import { type Warning, warning } from '../../runtime/actor-system/inspection/warning.ts'
import { OWNER_PRIORITY } from '../../runtime/wire/vrrp.ts'
import type { Tracked, TrackMessage, TrackSource } from './messages.ts'
import type { TrackEffect, TrackOptions } from './options.ts'
import { becomeBackup, becomeFault, nobodyHeard } from './phases/transitions.ts'
import type { Tracking } from './state.ts'
import type { Turn } from './turn.ts'

function effectOf(options: TrackOptions, source: TrackSource): TrackEffect {
  if (source === 'address') return 'fault'
  if (source === 'interface' || source === 'portMonitor' || source === 'gateway') return options[source]
  return options.scripts?.[source.slice('script:'.length)] ?? 'off'
}

/** What the wire allows to a priority that is neither a resignation nor the owner's. */
const LOWEST = 1
const HIGHEST = 254

const sourcesOf = ({ scripts = {} }: TrackOptions): readonly TrackSource[] => [
  'interface',
  'address',
  'portMonitor',
  'gateway',
  ...Object.keys(scripts).map((name) => `script:${name}` as const),
]

/** Something tracked has failed or is well again. */
export function track(turn: Turn, { source, state, reason }: TrackMessage): void {
  turn.change({ tracking: { ...turn.state.tracking, [source]: { state, reason } } })
  judgeTracking(turn)
}

/** What is said of a script that is none of the configuration is forgotten. */
export function forgetScripts(turn: Turn): void {
  const sources = new Set<string>(sourcesOf(turn.options.track))
  const kept = Object.entries(turn.state.tracking).filter(([source]) => sources.has(source))
  turn.change({ tracking: Object.fromEntries(kept) })
}

/** What tracking leaves of the configured priority, and whether it leaves a part in the election at all. */
export function judgeTracking(turn: Turn): void {
  const { configuredPriority, options, phase } = turn.state
  const priority = effectivePriority(configuredPriority, options.track, turn.state.tracking)
  if (priority !== options.priority) {
    turn.logInstance('info', `Changing effective priority from ${options.priority} to ${priority}`)
    turn.change({ options: { ...options, priority } })
  }
  const fault = faultOf(options.track, turn.state.tracking)
  if (phase.label === 'INIT') return
  const inFault = phase.label === 'FAULT'
  if (fault !== undefined && !inFault) {
    turn.logInstance('warn', fault.reason ?? `${fault.source} has failed`)
    // From an address that is not here any more nothing is said, not even that this node resigns.
    becomeFault(turn, turn.state.tracking.address?.state !== 'failed')
  }
  // A full Master_Down_Interval first: while it could not take part, another has become master.
  if (fault === undefined && inFault) becomeBackup(turn, nobodyHeard(turn))
}

/** What keeps this node out of the election. */
export const faultOf = (options: TrackOptions, tracking: Tracking): Tracked | undefined =>
  describeTracking(options, tracking).find(({ effect, state }) => effect === 'fault' && state === 'failed')

/** Rule 20: tracking never makes 0 or 255, and the owner is immune to weights. */
export function effectivePriority(configured: number, options: TrackOptions, tracking: Tracking): number {
  if (configured === OWNER_PRIORITY) return configured
  const weights = sourcesOf(options).map((source) => {
    const effect = effectOf(options, source)
    if (typeof effect !== 'number') return 0
    return tracking[source]?.state === (effect < 0 ? 'failed' : 'ok') ? effect : 0
  })
  const sum = weights.reduce((total, weight) => total + weight, configured)
  return Math.min(HIGHEST, Math.max(LOWEST, sum))
}

/** What is tracked, and how it is; what is off, or was not heard of yet, is left out. */
export function describeTracking(options: TrackOptions, tracking: Tracking): readonly Tracked[] {
  return sourcesOf(options).flatMap((source): readonly Tracked[] => {
    const [effect, heard] = [effectOf(options, source), tracking[source]]
    return effect === 'off' || heard === undefined ? [] : [{ source, effect, ...heard }]
  })
}

/** What an operator is to know of what has failed. */
export function trackingWarnings(tracked: readonly Tracked[], priority: number): readonly Warning[] {
  return tracked
    .filter(({ state }) => state === 'failed')
    .map(({ source, effect, reason }) => {
      const what = reason ?? `${source} has failed`
      return effect === 'fault'
        ? warning('fault', source, `${what}: this node takes no part in the election`)
        : warning('priority-lowered', source, `${what}: its priority counts as ${priority}`)
    })
}
