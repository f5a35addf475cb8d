import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import { describeNeighbours } from './adverts/neighbours.ts'
import { currentWarnings } from './adverts/notices.ts'
import type { ElectorStatus } from './messages.ts'
import { holdOffLeftMs } from './phases/hold-off.ts'
import { type ElectorState, roleOf } from './state.ts'
import { describeTracking, trackingWarnings } from './tracking.ts'

const STEPPED_DOWN = 'stepped down: takes over again only when the present director falls silent or steps down itself'

/** The answer to `describe()`. */
export function describeElector(state: ElectorState, nowMs: number): ElectorStatus {
  const { options, phase, transitions, counters, notices, neighbours, handOver } = state
  const { role, masterAddress, masterPriority } = roleOf(state)
  const tracking = describeTracking(options.track, state.tracking)
  const everyMs = options.advertIntervalCs * 10
  const warnings = [...currentWarnings(notices, nowMs, everyMs), ...trackingWarnings(tracking, options.priority)]
  if (phase.label === 'BACKUP' && phase.yielding) {
    warnings.push(warning('yielding', null, STEPPED_DOWN))
  }
  return {
    role,
    state: phase.label,
    stateForMs: state.phaseSinceMs === null ? null : Math.max(0, Math.round(nowMs - state.phaseSinceMs)),
    version: options.version,
    virtualRouterId: options.virtualRouterId,
    priority: state.configuredPriority,
    effectivePriority: options.priority,
    tracking,
    advertIntervalMs: everyMs,
    masterIp: masterAddress,
    masterPriority,
    transitions,
    yielding: phase.label === 'BACKUP' && phase.yielding,
    holdOffMs: phase.label === 'BACKUP' ? holdOffLeftMs(phase, state.holdOffUntilMs, nowMs) : null,
    handOver,
    ...describeNeighbours(neighbours, nowMs, everyMs),
    counters,
    timings: state.timings,
    warnings,
  }
}
