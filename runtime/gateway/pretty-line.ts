import type { LogLevel } from '../ports/host/syslog.ts'

/** Of the terminal: red, yellow, none, grey. */
const COLOURS: Readonly<Record<LogLevel, string>> = { error: '31', warn: '33', info: '', debug: '90' }
const GREY = '90'
/** `stats-reporter` */
const ACTOR_COLUMNS = 14
const LEVEL_COLUMNS = 5

export interface PrettyLine {
  /** Milliseconds since 1970; shown as local time. */
  readonly wallMs: number
  readonly actor: string
  readonly level: LogLevel
  /** Of one line, without characters that control a terminal. */
  readonly text: string
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/** A line of the log for eyes: `09:33:20.123 info  elector        VRRP_Instance(51) Entering MASTER STATE`. */
export function prettyLine({ wallMs, actor, level, text, fields = {} }: PrettyLine, inColour: boolean): string {
  const paint = (colour: string, what: string): string =>
    inColour && colour !== '' && what !== '' ? `\u001b[${colour}m${what}\u001b[0m` : what
  const columns = [
    paint(GREY, timeOfDay(wallMs)),
    paint(COLOURS[level], level.padEnd(LEVEL_COLUMNS)),
    paint(GREY, actor.padEnd(ACTOR_COLUMNS)),
    paint(COLOURS[level], text),
    ...Object.entries(fields).map(([key, value]) => paint(GREY, `${key}=${JSON.stringify(value)}`)),
  ]
  return `${columns.join(' ')}\n`
}

function timeOfDay(wallMs: number): string {
  const at = new Date(wallMs)
  const digits = (value: number, count = 2): string => String(value).padStart(count, '0')
  const seconds = `${digits(at.getSeconds())}.${digits(at.getMilliseconds(), 3)}`
  return `${digits(at.getHours())}:${digits(at.getMinutes())}:${seconds}`
}
