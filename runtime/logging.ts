import pino from 'pino'
import type { Syslog } from './ports/syslog.ts'
import type { LogLevel } from './system/machine.ts'

/** Where every log line of a gateway goes: JSON on stdout and the same text to the system log. */
export interface GatewayLog {
  write(actor: string, level: LogLevel, line: string, fields?: Readonly<Record<string, unknown>>): void
  /** Lines that were dropped because stdout was not read for too long. */
  readonly dropped: number
  /** Writes out what is buffered; for the end of the process. */
  flush(): void
}

/**
 * stdout is written asynchronously and bounded: a reader that stalls costs log lines, never an advert. At the bound
 * (1 MiB) new lines are dropped and counted.
 */
const MAX_BUFFERED_BYTES = 1 << 20

export function createGatewayLog(name: string, syslog: Syslog | undefined): GatewayLog {
  let dropped = 0
  const destination = pino.destination({ dest: 1, sync: false, maxLength: MAX_BUFFERED_BYTES })
  destination.on('drop', () => {
    dropped += 1
  })
  // A reader that is gone (EPIPE) must not end the gateway: its lines are lost, and counted.
  destination.on('error', () => {
    dropped += 1
  })
  const logger = pino(
    {
      level: 'debug',
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  return {
    write(actor, level, line, fields) {
      logger[level]({ actor, ...fields }, line)
      if (level !== 'debug') syslog?.write(level, line)
    },
    get dropped() {
      return dropped
    },
    flush() {
      try {
        destination.flushSync()
      } catch {
        // Not opened yet, or its reader is gone: there is nothing left that could be told.
      }
    },
  }
}
