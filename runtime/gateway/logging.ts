import { write } from 'node:fs'
import pino from 'pino'
import { legible } from '../actor-system/inspection/legible-text.ts'
import { LostLines } from '../actor-system/inspection/lost-lines.ts'
import type { Clock } from '../ports/host/clock.ts'
import type { LogLevel, Syslog } from '../ports/host/syslog.ts'
import { BoundedOutput, type WriteBytes } from './bounded-output.ts'

/** Where every log line of a gateway goes: JSON on stdout and the same text to the system log. */
export interface GatewayLog {
  write(actor: string, level: LogLevel, line: string, fields?: Readonly<Record<string, unknown>>): void
  readonly lost: LostLines
  /** Writes out what waits, for the end of the process: as far as it is taken, and for so long at most. */
  end(patienceMs: number): Promise<void>
}

const STDOUT = 1

/**
 * A write that blocks (a terminal that was stopped, a disk that hangs) blocks a thread of libuv's pool; the process ends in spite of it, see
 * `endProcess`.
 */
const toStdout: WriteBytes = (bytes, told) => write(STDOUT, bytes, (error, written) => told(error, written))

export function createGatewayLog(name: string, syslog: Syslog | undefined, clock: Clock): GatewayLog {
  const output = new BoundedOutput(toStdout, clock, {
    // Who reads the system log learns why the other one ends here.
    lost: (reason) => log('supervisor', 'warn', `stdout: log lines are lost: ${reason}`),
    recovered: (lines) => log('supervisor', 'warn', `stdout: is written again; ${lines} log lines were lost`),
  })
  const logger = pino(
    {
      level: 'debug',
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => output.write(line) },
  )
  const lost = new LostLines()
  const log: GatewayLog['write'] = (actor, level, line, fields) => {
    const text = legible(line)
    logger[level]({ actor, ...fields }, text)
    if (level !== 'debug') syslog?.write(level, text)
    lost.note('stdout', output.dropped)
    lost.note('syslog', syslog?.lost ?? 0)
  }
  return { write: log, lost, end: (patienceMs) => output.end(patienceMs) }
}
