import type { Clock } from '../../ports/host/clock.ts'
import type { LogLevel } from '../../ports/host/syslog.ts'
import { RateLimit } from './rate-limit.ts'

/** Lines that an actor may log at once, and then in a second. */
export const LOG_BURST = 100
export const LOG_PER_SECOND = 20

/** How long after the first suppressed line it is said how many there were. */
const SAY_SUPPRESSED_MS = 1000

export type WriteLine = (level: LogLevel, line: string, fields?: Readonly<Record<string, unknown>>) => void

/** An actor's log: bounded, so that an actor in trouble cannot drown the others' lines. What is suppressed is counted and said. */
export class LimitedLog {
  private readonly clock: Clock
  private readonly writeLine: WriteLine
  private readonly limit: RateLimit
  private readonly what: string
  private suppressed = 0

  /** `what` is suppressed, in its own words. */
  constructor(clock: Clock, writeLine: WriteLine, what = 'log lines') {
    this.what = what
    this.clock = clock
    this.writeLine = writeLine
    this.limit = new RateLimit(LOG_BURST, LOG_PER_SECOND, clock.nowMs())
  }

  write(level: LogLevel, line: string, fields?: Readonly<Record<string, unknown>>): void {
    if (this.limit.take(this.clock.nowMs())) {
      this.writeLine(level, line, fields)
      return
    }
    this.suppressed += 1
    if (this.suppressed === 1) this.clock.setTimer(SAY_SUPPRESSED_MS, () => this.saySuppressed())
  }

  private saySuppressed(): void {
    const { suppressed } = this
    this.suppressed = 0
    this.writeLine('warn', `${suppressed} ${this.what} were suppressed`, { suppressed })
  }
}
