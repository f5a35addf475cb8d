import type { Clock } from '../../ports/host/clock.ts'
import type { LogLevel } from '../../ports/host/syslog.ts'
import type { WriteLine } from './limited-log.ts'
import { RateLimit } from './rate-limit.ts'

/** How often one line may come at once, and then how often on average, before it is summed up. */
export const REPEATS_BURST = 5
const REPEATS_EVERY_MS = 10_000
/** What comes more often is summed up over so long. */
export const SUMMED_UP_MS = 10_000
/** Lines that are remembered; the one unseen for longest goes. */
export const LINES_KEPT = 64

/** Two lines that differ by how long something took are one and the same. */
const DURATIONS = /\b\d+(\.\d+)? (ms|s)\b/g

/** A line that is remembered. */
interface Repeated {
  readonly limit: RateLimit
  /** It is summed up, until it has not come for the time of a sum. */
  isSummedUp: boolean
  /** How often it came since it was summed up last, and how it was at the last time. */
  held: number
  level: LogLevel
  text: string
}

/**
 * What repeats itself, such as the state of a link that flaps, is summed up: `LINE (7 times in the last 10 s)`. No line is held back before
 * it has come `REPEATS_BURST` times in a short time, so a failover is told line by line, and when it happens.
 */
export class RepeatedLines {
  readonly #clock: Clock
  readonly #writeLine: WriteLine
  readonly #known = new Map<string, Repeated>()

  constructor(clock: Clock, writeLine: WriteLine) {
    this.#clock = clock
    this.#writeLine = writeLine
  }

  write(level: LogLevel, line: string, fields?: Readonly<Record<string, unknown>>): void {
    const repeated = this.#remember(line.replaceAll(DURATIONS, '_'))
    if (!repeated.isSummedUp && repeated.limit.take(this.#clock.nowMs())) {
      this.#writeLine(level, line, fields)
      return
    }
    repeated.held += 1
    repeated.level = level
    repeated.text = line
    if (repeated.isSummedUp) return
    repeated.isSummedUp = true
    this.#clock.setTimer(SUMMED_UP_MS, () => this.#sumUp(repeated))
  }

  #remember(kind: string): Repeated {
    const known = this.#known.get(kind)
    const repeated = known ?? {
      limit: new RateLimit(REPEATS_BURST, 1000 / REPEATS_EVERY_MS, this.#clock.nowMs()),
      isSummedUp: false,
      held: 0,
      level: 'info',
      text: '',
    }
    this.#known.delete(kind)
    this.#known.set(kind, repeated)
    // One that is forgotten while it is held back is summed up nonetheless.
    if (this.#known.size > LINES_KEPT) this.#known.delete(this.#known.keys().next().value!)
    return repeated
  }

  #sumUp(repeated: Repeated): void {
    const { held, level, text } = repeated
    repeated.held = 0
    repeated.isSummedUp = held > 0
    if (held === 0) return
    const times = held === 1 ? 'once' : `${held} times`
    this.#writeLine(level, `${text} (${times} in the last ${SUMMED_UP_MS / 1000} s)`)
    this.#clock.setTimer(SUMMED_UP_MS, () => this.#sumUp(repeated))
  }
}
