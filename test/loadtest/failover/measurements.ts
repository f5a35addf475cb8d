import type { Measurement } from '../../../loadtest/failover/measure.ts'
import { faults, paces, type Turn } from '../../../loadtest/failover/plan.ts'

const [fault] = faults
const [pace] = paces

/** A measurement of a power-off at version 2, idle, but for what is given. */
export function measured(turn: Partial<Turn> & Pick<Turn, 'daemon'>, gapMs: number | null): Measurement {
  return {
    turn: { fault, pace, load: 'idle', round: 0, phase: 0.5, ...turn },
    gapMs,
    takeoverMs: gapMs === null ? null : gapMs - 1,
    doubleMs: 0,
    lost: 0,
    disturbed: false,
    floorMs: 2.5,
  }
}
