import type { LogLevel } from './syslog.ts'

/** The journal of systemd. Writing never waits and never throws: an entry that cannot be taken is lost. */
export interface Journal {
  /** `fields`: beside the message, by their names in the journal (A-Z, digits, `_`). */
  write(level: LogLevel, line: string, fields: Readonly<Record<string, string>>): void
  /** Entries that the journal did not take since the start. */
  readonly lost: number
  close(): void
}
