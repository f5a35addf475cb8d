import type { CancelTimer, Clock } from '../../ports/host/clock.ts'
import type { Scheduling, SchedulingClass } from '../../ports/host/scheduling.ts'
import type { LogLevel } from '../../ports/host/syslog.ts'

/** Over which the thread's use of the CPU is looked at. The kernel leaves ordinary threads 5 % of a core meanwhile. */
const WINDOW_MS = 500
/** Windows in which the thread had little to do before it is put first: also after the start, which is mostly compiling. */
const CALM_WINDOWS = 2
/** Share of a core that only a start, a flood or a mistake takes: it must not be served at the cost of all others. */
const LOWER_ABOVE = 0.75
const CALM_BELOW = 0.4

export interface PaceListener {
  log(level: LogLevel, line: string): void
  changed(scheduling: SchedulingClass): void
}

/**
 * Keeps a thread that has little to do, but on time, before everything ordinary on the host: for as long as it has little
 * to do. Where that is not permitted the thread stays ordinary, and says so once.
 */
export class ThreadPace {
  private readonly actor: string
  private readonly scheduling: Scheduling
  private readonly clock: Clock
  private readonly listener: PaceListener
  private now: SchedulingClass = 'ordinary'
  private wasRaised = false
  private calmWindows = 0
  private windowStartMs = 0
  private cpuAtStartMs = 0
  private cancelLook: CancelTimer | undefined

  /** `actor`: whose thread it is. */
  constructor(actor: string, scheduling: Scheduling, clock: Clock, listener: PaceListener) {
    this.actor = actor
    this.scheduling = scheduling
    this.clock = clock
    this.listener = listener
  }

  start(): void {
    this.windowStartMs = this.clock.nowMs()
    this.cpuAtStartMs = this.scheduling.cpuMs()
    this.cancelLook = this.clock.setTimer(WINDOW_MS, () => this.look())
  }

  /** The thread goes on without the actor, or ends with it. */
  end(): void {
    this.cancelLook?.()
    if (this.now === 'realtime') this.scheduling.setClass('ordinary')
    this.now = 'ordinary'
  }

  private look(): void {
    const share = (this.scheduling.cpuMs() - this.cpuAtStartMs) / (this.clock.nowMs() - this.windowStartMs)
    this.calmWindows = share < CALM_BELOW ? this.calmWindows + 1 : 0
    if (this.now === 'realtime' && share > LOWER_ABOVE) this.lower(share)
    else if (this.now === 'ordinary' && this.calmWindows >= CALM_WINDOWS && !this.raise()) return
    this.start()
  }

  private lower(share: number): void {
    if (!this.scheduling.setClass('ordinary').ok) return
    const percent = Math.round(share * 100)
    this.enter(
      'ordinary',
      'warn',
      `scheduling: ${this.actor} is ordinary while there is so much to do (${percent} % of a core)`,
    )
  }

  /** False where it is not permitted, which does not change while a process runs. */
  private raise(): boolean {
    const raised = this.scheduling.setClass('realtime')
    if (raised.ok) {
      this.enter('realtime', 'info', `scheduling: ${this.actor} is real-time${this.wasRaised ? ' again' : ''}`)
      this.wasRaised = true
      return true
    }
    this.listener.log('info', `scheduling: ${this.actor} stays ordinary, real-time is not to be had (${raised.reason})`)
    return false
  }

  private enter(to: SchedulingClass, level: LogLevel, line: string): void {
    this.now = to
    this.listener.log(level, line)
    this.listener.changed(to)
  }
}
