import type { Clock } from '../../ports/host/clock.ts'
import type { UnderWay } from '../messaging/mailbox.ts'
import { type ActorReport, MAX_EVENTS_UNDER_WAY } from '../messaging/protocol.ts'
import type { InspectionDetail } from './inspection.ts'

/** Where an actor's events go to the supervisor: bounded, and what found no room is counted and told with the next. */
export class InspectionOutlet {
  private readonly underWay: UnderWay
  private readonly clock: Clock
  private readonly report: (report: ActorReport) => void
  private missed = 0

  constructor(underWay: UnderWay, clock: Clock, report: (report: ActorReport) => void) {
    this.underWay = underWay
    this.clock = clock
    this.report = report
  }

  inspect(detail: InspectionDetail): void {
    if (this.underWay.count >= MAX_EVENTS_UNDER_WAY) {
      this.missed += 1
      return
    }
    const { missed } = this
    this.missed = 0
    this.underWay.posted()
    this.report({ type: 'inspect', detail, atMs: this.clock.nowMs(), wallMs: this.clock.wallMs(), missed })
  }
}
