import type { CancelTimer, Clock } from '../../runtime/ports/host/clock.ts'
import type { FakeClock } from '../fakes/clock.ts'

/**
 * A thread of the simulation: runs one thing after the other, and can stand still. When it goes on, it does as Node's event loop
 * does: first every timer that has come due meanwhile, then what has arrived. (So a timeout fires although the message that would
 * have cancelled it is waiting: actors must be right in spite of that, and a test can show it.)
 */
export class SimulatedThread {
  /** Time as this thread sees it: its timers wait while it stands still. */
  readonly clock: Clock
  private readonly worldClock: FakeClock
  private readonly dueTimers: (() => void)[] = []
  private readonly arrivals: (() => void)[] = []
  private blockedUntilMs = 0
  private ended = false

  constructor(worldClock: FakeClock) {
    this.worldClock = worldClock
    this.clock = {
      nowMs: () => worldClock.nowMs(),
      wallMs: () => worldClock.wallMs(),
      setTimer: (delayMs, fire) => this.setTimer(delayMs, fire),
    }
  }

  get isBlocked(): boolean {
    return this.worldClock.nowMs() < this.blockedUntilMs
  }

  /** Something came for this thread; it is taken after what came before, once the thread can. */
  arrive(task: () => void): void {
    this.worldClock.setTimer(0, () => this.run(this.arrivals, task))
  }

  /** Stands still from now on for so long. */
  block(forMs: number): void {
    this.blockedUntilMs = Math.max(this.blockedUntilMs, this.worldClock.nowMs() + forMs)
    this.worldClock.setTimer(forMs, () => this.goOn())
  }

  /** Runs nothing any more. */
  end(): void {
    this.ended = true
    this.dueTimers.length = 0
    this.arrivals.length = 0
  }

  private setTimer(delayMs: number, fire: () => void): CancelTimer {
    let isCancelled = false
    const fireUnlessCancelled = (): void => {
      if (!isCancelled) fire()
    }
    const cancel = this.worldClock.setTimer(delayMs, () => this.run(this.dueTimers, fireUnlessCancelled))
    return () => {
      isCancelled = true
      cancel()
    }
  }

  private run(queue: (() => void)[], task: () => void): void {
    if (this.ended) return
    const others = this.dueTimers.length + this.arrivals.length
    if (this.isBlocked || others > 0) queue.push(task)
    else task()
  }

  /** One thing at a time, so that promises settle in between, as on a real thread. */
  private goOn(): void {
    if (this.isBlocked) return
    const task = this.dueTimers.shift() ?? this.arrivals.shift()
    if (task === undefined) return
    this.worldClock.setTimer(0, () => this.goOn())
    task()
  }
}
