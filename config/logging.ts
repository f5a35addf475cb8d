import type { LogLevel } from '../runtime/ports/host/syslog.ts'

/** What has a level of its own: the supervisor, and each actor, as `proxyha actors` names it. */
export const LOG_PARTS = [
  'supervisor',
  'raw-ip',
  'forwarder',
  'elector',
  'announcer',
  'discovery',
  'dispatcher',
  'fast-path',
  'watcher',
  'port-monitor',
  'stats-reporter',
  'notifier',
  'inspector',
] as const
type LogPart = (typeof LOG_PARTS)[number]

/** `auto`: the journal where stdout or stderr leads there, else stdout and the system log. */
export const LOG_TARGETS = ['auto', 'stdout', 'syslog', 'journald'] as const
/** Of stdout; `auto`: pretty on a terminal. */
export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const

export interface LoggingConfig {
  /** Lines below it are not written. */
  readonly level: LogLevel
  /** In its place, for some. */
  readonly levels: readonly { readonly part: LogPart; readonly level: LogLevel }[]
  readonly target: (typeof LOG_TARGETS)[number]
  readonly format: (typeof LOG_FORMATS)[number]
}

/** Of an actor; those of one kind (`elector`, `elector-mail`) have the level of that. */
export function logLevelOf({ level, levels }: LoggingConfig, actor: string): LogLevel {
  const own = levels.find(({ part }) => actor === part || actor.startsWith(`${part}-`))
  return own?.level ?? level
}
