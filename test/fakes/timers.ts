import type {
  CancelTimer as CancelEffect,
  StartTimer,
  TimerExpired,
} from '../../runtime/actor-system/machine/machine.ts'
import type { CancelTimer, Clock } from '../../runtime/ports/host/clock.ts'

/**
 * The timers of machines that a test runs by itself. As where the product runs them, an expiry that waits, since its process stands
 * still, is dropped when its timer is restarted or cancelled.
 */
export class Timers {
  readonly #setTimer: Clock['setTimer']
  readonly #cancels = new Map<string, CancelTimer>()

  constructor(setTimer: Clock['setTimer']) {
    this.#setTimer = setTimer
  }

  perform<Timer extends string>(
    effect: StartTimer<Timer> | CancelEffect<Timer>,
    expire: (expiry: TimerExpired<Timer>) => void,
  ): void {
    const { timer } = effect
    this.#cancels.get(timer)?.()
    if (effect.type === 'cancelTimer') return
    let isStale = false
    const cancel = this.#setTimer(effect.delayMs, () => {
      if (!isStale) expire({ type: 'timerExpired', timer })
    })
    this.#cancels.set(timer, () => {
      isStale = true
      cancel()
    })
  }

  cancelAll(): void {
    for (const cancel of this.#cancels.values()) cancel()
  }
}
