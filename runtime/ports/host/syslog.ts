/** The gravest first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** The host's system log, facility daemon. Writing never waits and never throws: a line that cannot be taken is lost. */
export interface Syslog {
  write(level: LogLevel, line: string): void
  /** Lines that the system log did not take since the start: it is not there, or it does not keep up. */
  readonly lost: number
  close(): void
}
