import type { CancelTimer, Clock } from '../../ports/host/clock.ts'

/**
 * The clock that an actor is given: it knows the actor's timers. What one throws is the actor's crash, and none fires any more
 * once the actor is gone.
 */
export class OwnedClock implements Clock {
  private readonly clock: Clock
  private readonly guard: (call: () => void) => void
  private readonly timers = new Set<CancelTimer>()
  private ended = false

  constructor(clock: Clock, guard: (call: () => void) => void) {
    this.clock = clock
    this.guard = guard
  }

  nowMs(): number {
    return this.clock.nowMs()
  }

  wallMs(): number {
    return this.clock.wallMs()
  }

  setTimer(delayMs: number, fire: () => void): CancelTimer {
    if (this.ended) return () => {}
    const cancelTimer = this.clock.setTimer(delayMs, () => {
      this.timers.delete(cancel)
      this.guard(fire)
    })
    const cancel: CancelTimer = () => {
      if (this.timers.delete(cancel)) cancelTimer()
    }
    this.timers.add(cancel)
    return cancel
  }

  cancelAll(): void {
    this.ended = true
    for (const cancel of this.timers) cancel()
  }
}
