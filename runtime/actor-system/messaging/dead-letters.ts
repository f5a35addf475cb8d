import type { DeadLetterReason, InspectionDetail } from '../inspection/inspection.ts'
import { RateLimit } from '../inspection/rate-limit.ts'

const BURST = 20
const PER_SECOND = 5

/** Reports messages that reached nobody: each kind at a limited rate, with the number of those that were not reported. */
export class DeadLetters {
  private readonly report: (detail: InspectionDetail) => void
  private readonly limit: RateLimit
  /** By addressee and reason; both are few. */
  private readonly unreported = new Map<string, number>()

  constructor(report: (detail: InspectionDetail) => void, nowMs: number) {
    this.report = report
    this.limit = new RateLimit(BURST, PER_SECOND, nowMs)
  }

  add(to: string, message: string, reason: DeadLetterReason, nowMs: number): void {
    const key = `${reason} ${to}`
    const count = (this.unreported.get(key) ?? 0) + 1
    if (!this.limit.take(nowMs)) {
      this.unreported.set(key, count)
      return
    }
    this.unreported.delete(key)
    this.report({ type: 'deadLetter', to, message, reason, ...(count > 1 && { count }) })
  }
}
