import { write } from 'node:fs'
import { isatty } from 'node:tty'
import pino from 'pino'
import { type LoggingConfig, logLevelOf } from '../../config/logging.ts'
import { legible, legibleJson } from '../actor-system/inspection/legible-text.ts'
import { LostLines } from '../actor-system/inspection/lost-lines.ts'
import type { Clock } from '../ports/host/clock.ts'
import type { Journal } from '../ports/host/journal.ts'
import { isUnderJournal, openLinuxJournal } from '../ports/host/linux/journal.ts'
import { openLinuxSyslog } from '../ports/host/linux/syslog.ts'
import { LOG_LEVELS, type LogLevel, type Syslog } from '../ports/host/syslog.ts'
import { BoundedOutput, type WriteBytes } from './bounded-output.ts'
import { prettyLine } from './pretty-line.ts'

type WriteTo = (actor: string, level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>) => void

/** Where every log line of a gateway goes. */
export interface GatewayLog {
  /** `saidAtMs`: of the clock, where that is not now; the lines of one turn are written in the order in which they were said. */
  readonly write: (
    actor: string,
    level: LogLevel,
    line: string,
    fields?: Readonly<Record<string, unknown>>,
    saidAtMs?: number,
  ) => void
  /** Goes by these settings from now on. */
  follow(settings: LoggingConfig): void
  /** From which level on the lines of that actor are written. */
  levelOf(actor: string): LogLevel
  readonly lost: LostLines
  /** Writes out what waits, for the end of the process: as far as it is taken, and for so long at most. */
  end(patienceMs: number): Promise<void>
}

/** What of the host takes log lines. */
export interface LogHost {
  readonly clock: Clock
  /** Calls back when all that arrives in this turn has arrived. */
  readonly afterTurn: (call: () => void) => void
  readonly stdout: WriteBytes
  readonly syslog: Syslog | undefined
  readonly journal: Journal | undefined
  /** Stdout or stderr leads into the journal. */
  readonly isUnderJournal: boolean
  /** What stdout is to somebody who looks at it; null: it is no terminal. */
  readonly terminal: { readonly inColour: boolean } | null
}

const TAG = 'proxyha'
const SYSLOG_PATH = '/dev/log'
const STDOUT = 1

/**
 * A write that blocks (a terminal that was stopped, a disk that hangs) blocks a thread of libuv's pool; the process ends in spite of it, see
 * `endProcess`.
 */
const toStdout: WriteBytes = (bytes, told) => write(STDOUT, bytes, (error, written) => told(error, written))

export function linuxLogHost(clock: Clock, environment = process.env): LogHost {
  const syslog = openLinuxSyslog(clock, { tag: TAG, path: SYSLOG_PATH })
  const journal = openLinuxJournal(TAG)
  return {
    clock,
    afterTurn: setImmediate,
    stdout: toStdout,
    syslog: syslog.ok ? syslog.value : undefined,
    journal: journal.ok ? journal.value : undefined,
    isUnderJournal: isUnderJournal(environment.JOURNAL_STREAM),
    terminal: isatty(STDOUT) ? { inColour: (environment.NO_COLOR ?? '') === '' } : null,
  }
}

/** The log of the gateway of that name. */
export function createGatewayLog(name: string, first: LoggingConfig, host: LogHost): GatewayLog {
  let settings = first
  const output = new BoundedOutput(host.stdout, host.clock, {
    // Who reads the system log learns why the other one ends here.
    lost: (reason) => log('supervisor', 'warn', `stdout: log lines are lost: ${reason}`),
    recovered: (lines) => log('supervisor', 'warn', `stdout: is written again; ${lines} log lines were lost`),
  })
  const writers = { stdout: stdoutWriter(name, output, host, () => settings), ...systemWriters(name, host) }
  const lost = new LostLines()
  let said: { readonly atMs: number; readonly write: () => void }[] = []
  const writeSaid = (): void => {
    const lines = said.toSorted((one, other) => one.atMs - other.atMs)
    said = []
    for (const { write } of lines) write()
    lost.note('stdout', output.dropped)
    lost.note('syslog', host.syslog?.lost ?? 0)
    lost.note('journald', host.journal?.lost ?? 0)
  }
  const log: GatewayLog['write'] = (actor, level, line, fields, atMs = host.clock.nowMs()) => {
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(logLevelOf(settings, actor))) return
    const text = legible(line)
    const write = (): void => {
      for (const output of outputsOf(settings, host)) writers[output](actor, level, text, fields)
    }
    if (said.length === 0) host.afterTurn(writeSaid)
    said.push({ atMs, write })
  }
  return {
    write: log,
    follow: (wanted) => {
      settings = wanted
    },
    levelOf: (actor) => logLevelOf(settings, actor),
    lost,
    end: (patienceMs) => {
      writeSaid()
      return output.end(patienceMs)
    },
  }
}

type OutputName = 'stdout' | 'syslog' | 'journald'

/** A line is nowhere twice: what stdout and the system log take under systemd are in the journal both. */
function outputsOf({ target }: LoggingConfig, { isUnderJournal }: LogHost): readonly OutputName[] {
  if (target !== 'auto') return [target]
  return isUnderJournal ? ['journald'] : ['stdout', 'syslog']
}

function stdoutWriter(name: string, output: BoundedOutput, host: LogHost, settings: () => LoggingConfig): WriteTo {
  const json = pino(
    {
      level: 'debug',
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => output.write(line) },
  )
  return (actor, level, text, fields) => {
    const { format } = settings()
    if (format === 'json' || (format === 'auto' && host.terminal === null)) {
      json[level]({ actor, ...fields }, text)
      return
    }
    const line = { wallMs: host.clock.wallMs(), actor, level, text, fields }
    output.write(prettyLine(line, host.terminal?.inColour ?? false))
  }
}

function systemWriters(name: string, { syslog, journal }: LogHost): Readonly<Record<'syslog' | 'journald', WriteTo>> {
  return {
    syslog: (_actor, level, text) => syslog?.write(level, text),
    journald: (actor, level, text, fields) => journal?.write(level, text, journalFields({ name, actor, ...fields })),
  }
}

/** `failedPorts` -> `PROXYHA_FAILED_PORTS`. */
function journalFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      `PROXYHA_${key
        .replaceAll(/[A-Z]/g, '_$&')
        .replaceAll(/[^A-Za-z0-9]/g, '_')
        .toUpperCase()}`,
      typeof value === 'string' ? legible(value) : legibleJson(JSON.stringify(value) ?? ''),
    ]),
  )
}
