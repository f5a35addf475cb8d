import type { SocketTable } from '../../runtime/ports/socket-table.ts'
import type { SystemLoad } from '../../runtime/ports/system-load.ts'
import type { ActorContext, ActorInstance, StartActor } from '../../runtime/system/actor.ts'
import { CountingBudget } from './counting-budget.ts'
import {
  describeStatsReporter,
  initialStatsReporter,
  type StatsReporterEffect,
  type StatsReporterEvent,
  type StatsReporterState,
  stepStatsReporter,
} from './machine.ts'
import type { StatsReporterControl, StatsReporterMessage, StatsReporterPeers } from './messages.ts'

export interface StatsReporterOptions {
  readonly redirects: readonly { readonly proxyPort: number }[]
  /** Default 1000. */
  readonly intervalMs?: number
}

export interface StatsReporterPorts {
  readonly load: SystemLoad
  readonly sockets: SocketTable
}

const DEFAULT_INTERVAL_MS = 1000

/** The stats reporter: CPU, memory, pressure and the connections on the proxy ports, to discovery once an interval. */
export const startStatsReporter: StartActor<
  StatsReporterOptions,
  StatsReporterPorts,
  StatsReporterMessage,
  StatsReporterPeers
> = (context, options, ports) => {
  const reporter = new StatsReporter(context, options, ports)
  reporter.take({ type: 'started' })
  return reporter
}

class StatsReporter implements ActorInstance<StatsReporterMessage> {
  readonly control: StatsReporterControl = { describe: () => describeStatsReporter(this.#state) }
  readonly #context: ActorContext<StatsReporterPeers>
  readonly #ports: StatsReporterPorts
  readonly #proxyPorts: readonly number[]
  #state: StatsReporterState
  #cancelInterval = (): void => undefined
  readonly #budget = new CountingBudget()
  /** Of the last count. */
  #failure: string | null = null
  #stopped = false

  constructor(context: ActorContext<StatsReporterPeers>, options: StatsReporterOptions, ports: StatsReporterPorts) {
    this.#context = context
    this.#ports = ports
    this.#proxyPorts = [...new Set(options.redirects.map(({ proxyPort }) => proxyPort))]
    this.#state = initialStatsReporter(options.intervalMs ?? DEFAULT_INTERVAL_MS)
  }

  receive(message: StatsReporterMessage): void {
    message satisfies never
  }

  stop(): void {
    this.#stopped = true
    this.#cancelInterval()
    this.#ports.sockets.close()
  }

  take(event: StatsReporterEvent): void {
    if (this.#stopped) return
    const { state, effects } = stepStatsReporter(this.#state, event, this.#context.clock.nowMs())
    this.#state = state
    for (const effect of effects) this.#carryOut(effect)
  }

  #carryOut(effect: StatsReporterEffect): void {
    switch (effect.type) {
      case 'sample':
        this.take(this.#read())
        return
      case 'startTimer': {
        const { timer, generation, delayMs } = effect
        this.#cancelInterval()
        this.#cancelInterval = this.#context.clock.setTimer(delayMs, () =>
          this.take({ type: 'timerExpired', timer, generation }),
        )
        return
      }
      case 'send':
        this.#context.send(effect.to, effect.message)
        return
      case 'log':
        this.#context.log(effect.level, effect.line, effect.fields)
        return
      default:
        effect satisfies never
    }
  }

  #read(): StatsReporterEvent {
    try {
      const sample = this.#ports.load.sample()
      const { clock } = this.#context
      const startedAtMs = clock.nowMs()
      if (!this.#budget.isDue(startedAtMs))
        return { type: 'sampled', sample, connections: null, failure: this.#failure }
      const counted = this.#ports.sockets.established(this.#proxyPorts)
      this.#budget.spent(startedAtMs, clock.nowMs())
      this.#failure = counted.ok ? null : counted.reason
      if (!counted.ok) return { type: 'sampled', sample, connections: null, failure: this.#failure }
      const connections = [...counted.value.values()].reduce((sum, count) => sum + count, 0)
      return { type: 'sampled', sample, connections, failure: null }
    } catch (error) {
      // `sample` throws where /proc is not what it should be; a gateway goes on without knowing its load.
      return { type: 'unreadable', failure: error instanceof Error ? error.message : String(error) }
    }
  }
}
