import type { GatewayConfig } from '../../config/gateway-config.ts'
import type { HostFacts } from '../../config/resolve.ts'
import type { ChosenMode } from '../gateway/forwarding-mode.ts'
import type { Clock } from '../ports/host/clock.ts'
import type { HostSurvey } from '../ports/host/host-survey.ts'
import type { HostQuestion, HostView } from '../ports/host/host-view.ts'
import type { Result } from '../ports/result.ts'
import type { SocketTable } from '../ports/sockets/socket-table.ts'

/** Where a command writes. */
interface CliOutput {
  write(text: string): unknown
  readonly isTTY?: boolean
  /** Of a terminal. */
  readonly columns?: number
  readonly rows?: number
}

/** The world of the command line, injected so that a command can be run in a test. */
export interface CliEnv {
  /** Without the program's own name. */
  readonly args: readonly string[]
  /** Read only by who asks something. */
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }
  readonly stdout: CliOutput & NodeJS.WritableStream
  readonly stderr: CliOutput & NodeJS.WritableStream
  /** Environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Aborted when the user or the system wants the command to end (SIGINT, SIGTERM). */
  readonly interrupted: AbortSignal
  /** Has this called at each SIGHUP from now on, which otherwise ends the command. */
  onHangUp(told: () => void): void
  /** Nothing may hold the end of this command up, not even a reader of its output that stalls: it is ended by this. */
  waitForNothing(end: (code: number) => never): void
  readonly host: CliHost
}

/** What commands ask of the kernel by themselves, without a gateway. */
export interface CliHost {
  /** `ENODEV` where there is no such interface. */
  facts(interfaceName: string): Promise<Result<HostFacts>>
  openSocketTable(): Promise<Result<SocketTable>>
  /** What a gateway on this host depends on. */
  view(question: HostQuestion): Promise<HostView>
  readonly survey: HostSurvey
  /** How a gateway with this configuration would forward here: nothing is changed. */
  forwardingOf(config: GatewayConfig): Promise<Result<ChosenMode>>
}

/** A command that failed for a reason that its user can do something about: one line a problem, exit code 1. */
export class CliError extends Error {
  readonly lines: readonly string[]

  constructor(...lines: readonly string[]) {
    super(lines.join('\n'))
    this.name = 'CliError'
    this.lines = lines
  }
}

/** No gateway has answered. */
export class NoAnswerError extends CliError {
  /** `absent`: none runs; `denied`: this user may not ask it; `silent`: one is there, and says nothing. */
  readonly why: 'absent' | 'denied' | 'silent'

  constructor(why: NoAnswerError['why'], line: string) {
    super(line)
    this.name = 'NoAnswerError'
    this.why = why
  }
}

/** Where the configuration is unless it is named. */
export const DEFAULT_CONFIG = '/etc/proxyha/gateway.yaml'
