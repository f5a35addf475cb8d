import type { Clock } from '../../ports/host/clock.ts'
import type { LogLevel } from '../../ports/host/syslog.ts'
import { LimitedLog, type WriteLine } from './limited-log.ts'
import type { LogThreshold } from './log-threshold.ts'
import { RepeatedLines } from './repeated-lines.ts'

/** All that an actor logs: by its level, what repeats itself summed up, the rest bounded. What `debug` tells takes nothing of the room of others. */
export class ActorLog {
  readonly #threshold: LogThreshold
  readonly #repeated: RepeatedLines
  readonly #debug: LimitedLog

  constructor(clock: Clock, threshold: LogThreshold, writeLine: WriteLine) {
    const limited = new LimitedLog(clock, writeLine)
    this.#threshold = threshold
    this.#repeated = new RepeatedLines(clock, (...line) => limited.write(...line))
    this.#debug = new LimitedLog(clock, writeLine, 'debug lines')
  }

  passes(level: LogLevel): boolean {
    return this.#threshold.passes(level)
  }

  write(level: LogLevel, line: string, fields?: Readonly<Record<string, unknown>>): void {
    if (!this.passes(level)) return
    if (level === 'debug') this.#debug.write(level, line, fields)
    else this.#repeated.write(level, line, fields)
  }
}
