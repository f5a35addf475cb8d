import { fstatSync } from 'node:fs'
import type { Result } from '../../result.ts'
import type { Journal } from '../journal.ts'
import type { LogLevel } from '../syslog.ts'
import { inOneLine, openLogDatagrams } from './log-datagrams.ts'
import { FACILITY_DAEMON, SEVERITY } from './syslog.ts'

/** Where journald takes entries, on every system that has it. */
const JOURNAL_SOCKET = '/run/systemd/journal/socket'
/** An entry has to fit a datagram, which by default may have 208 KiB. */
const VALUE_CHARACTERS_MAX = 8192
const STDOUT = 1
const STDERR = 2

/**
 * One entry of systemd's native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): a line `FIELD=value` for each field. A value with
 * line ends would need a length before it; here control characters become spaces, as in the system log.
 */
export function formatJournalEntry(
  level: LogLevel,
  tag: string,
  pid: number,
  line: string,
  fields: Readonly<Record<string, string>>,
): Buffer {
  const own = {
    MESSAGE: line,
    PRIORITY: SEVERITY[level],
    SYSLOG_FACILITY: FACILITY_DAEMON,
    SYSLOG_IDENTIFIER: tag,
    SYSLOG_PID: pid,
  }
  const lines = Object.entries({ ...fields, ...own }).map(
    ([name, value]) => `${name}=${inOneLine(String(value).slice(0, VALUE_CHARACTERS_MAX))}\n`,
  )
  return Buffer.from(lines.join(''))
}

/** The journal by its own socket. `tag`: what the entries are filed under, usually `proxyha`. */
export const openLinuxJournal = (tag: string, path = JOURNAL_SOCKET): Result<Journal> =>
  openLogDatagrams(path, (level: LogLevel, line: string, fields: Readonly<Record<string, string>>) =>
    formatJournalEntry(level, tag, process.pid, line, fields),
  )

/**
 * Whether what this process writes to stdout or stderr goes to the journal: systemd tells its device and inode then (systemd.exec(5)), and a
 * program that was started with another output inherits that in vain.
 */
export function isUnderJournal(journalStream: string | undefined): boolean {
  return [STDOUT, STDERR].some((fd) => {
    try {
      const { dev, ino } = fstatSync(fd, { bigint: true })
      return journalStream === `${dev}:${ino}`
    } catch {
      // It is closed.
      return false
    }
  })
}
