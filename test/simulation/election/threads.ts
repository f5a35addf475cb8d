import type { CancelTimer } from '../../../runtime/ports/host/clock.ts'
import type { Host } from './host.ts'

/** The event loops of one process: timers of the host's clock, and messages between threads. It can stand still, and end. */
export class Threads {
  readonly #host: Host
  #ended = false
  #frozen = false
  #overdue: (() => void)[] = []
  #underWay: (() => void)[] = []
  #lastPostMs = 0

  constructor(host: Host) {
    this.#host = host
  }

  get hasEnded(): boolean {
    return this.#ended
  }

  get isFrozen(): boolean {
    return this.#frozen
  }

  get isRunning(): boolean {
    return !this.#ended && !this.#frozen
  }

  end(): void {
    this.#ended = true
  }

  freeze(): void {
    this.#frozen = true
  }

  /** As Node's event loop does: timers first, then what has arrived. */
  thaw(): void {
    this.#frozen = false
    const waiting = [...this.#overdue, ...this.#underWay]
    this.#overdue = []
    this.#underWay = []
    for (const happen of waiting) if (!this.#ended) happen()
  }

  /** From one thread to another. All links are one queue here, which keeps the order of each. */
  post(deliver: () => void): void {
    const { clock } = this.#host.subnet
    this.#lastPostMs = Math.max(this.#lastPostMs, clock.nowMs() + this.#host.pace.messageMs)
    clock.setTimer(this.#lastPostMs - clock.nowMs(), () => {
      if (this.#frozen) this.#underWay.push(deliver)
      else if (!this.#ended) deliver()
    })
  }

  /** A timer: by the host's clock, and never early. */
  after(delayMs: number, fire: () => void): CancelTimer {
    const { subnet, pace, dice } = this.#host
    const lateMs = dice.between(0, pace.timerLateMs)
    return subnet.clock.setTimer(this.#host.worldMs(delayMs) + lateMs, () => {
      if (this.#frozen) this.#overdue.push(fire)
      else if (!this.#ended) fire()
    })
  }
}
