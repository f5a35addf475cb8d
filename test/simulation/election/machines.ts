import { stepAnnouncer } from '../../../actors/announcer/machine.ts'
import { stepElector } from '../../../actors/elector/machine.ts'

/** What decides. A test may put machines here that break a rule, to see that the simulation finds it. */
export interface Machines {
  readonly elector: typeof stepElector
  readonly announcer: typeof stepAnnouncer
}

export const REAL_MACHINES: Machines = { elector: stepElector, announcer: stepAnnouncer }
