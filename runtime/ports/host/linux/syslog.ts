import type { Result } from '../../result.ts'
import type { Clock } from '../clock.ts'
import type { LogLevel, Syslog } from '../syslog.ts'
import { inOneLine, openLogDatagrams } from './log-datagrams.ts'

/** As syslog(3) has them, and the journal with it. */
export const FACILITY_DAEMON = 3
export const SEVERITY: Readonly<Record<LogLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 }
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** What every syslog daemon takes as one message. */
const MESSAGE_BYTES_MAX = 8192

export interface SyslogOptions {
  /** What the lines are filed under, usually `proxyha`. */
  readonly tag: string
  /** The daemon's socket; `/dev/log` on every distribution. */
  readonly path: string
}

/**
 * One message in the form that daemons expect on their local socket (RFC 3164 §4.1, without a host name, as libc's
 * syslog(3) writes it).
 */
export function formatSyslogMessage(level: LogLevel, tag: string, pid: number, wallMs: number, line: string): Buffer {
  const at = new Date(wallMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = String(at.getDate()).padStart(2, ' ')
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  const priority = FACILITY_DAEMON * 8 + SEVERITY[level]
  const message = Buffer.from(`<${priority}>${MONTHS[at.getMonth()]} ${day} ${time} ${tag}[${pid}]: ${inOneLine(line)}`)
  return message.subarray(0, MESSAGE_BYTES_MAX)
}

/** The system log through its unix datagram socket. A daemon that is restarted gets the next line without any reopening here. */
export const openLinuxSyslog = (clock: Clock, { path, tag }: SyslogOptions): Result<Syslog> =>
  openLogDatagrams(path, (level: LogLevel, line: string) =>
    formatSyslogMessage(level, tag, process.pid, clock.wallMs(), line),
  )
