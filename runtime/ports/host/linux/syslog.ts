import type { Result } from '../../result.ts'
import { openUnixDatagrams } from '../../sockets/linux/unix-datagrams.ts'
import type { Clock } from '../clock.ts'
import type { LogLevel, Syslog } from '../syslog.ts'

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
 * syslog(3) writes it). Control characters become spaces, so that a line cannot pose as two.
 */
export function formatSyslogMessage(level: LogLevel, tag: string, pid: number, wallMs: number, line: string): Buffer {
  const at = new Date(wallMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = String(at.getDate()).padStart(2, ' ')
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  const priority = FACILITY_DAEMON * 8 + SEVERITY[level]
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  const text = line.replace(/[\u0000-\u001f\u007f]/g, ' ')
  const message = Buffer.from(`<${priority}>${MONTHS[at.getMonth()]} ${day} ${time} ${tag}[${pid}]: ${text}`)
  return message.subarray(0, MESSAGE_BYTES_MAX)
}

/** The system log through its unix datagram socket. A daemon that is restarted gets the next line without any reopening here. */
export function openLinuxSyslog(clock: Clock, options: SyslogOptions): Result<Syslog> {
  const opened = openUnixDatagrams(options.path)
  if (!opened.ok) return opened
  const daemon = opened.value
  let lost = 0
  return {
    ok: true,
    value: {
      write(level, line) {
        if (!daemon.send(formatSyslogMessage(level, options.tag, process.pid, clock.wallMs(), line))) lost += 1
      },
      get lost() {
        return lost
      },
      close: () => daemon.close(),
    },
  }
}
