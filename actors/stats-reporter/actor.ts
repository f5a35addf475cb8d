import type { Agent } from '../../runtime/ports/agent.ts'
import type { Clock } from '../../runtime/ports/clock.ts'
import type { SocketTable } from '../../runtime/ports/socket-table.ts'
import type { SystemLoad } from '../../runtime/ports/system-load.ts'
import type { StartActor } from '../../runtime/system/actor.ts'
import { runMachine } from '../../runtime/system/machine-runner.ts'
import {
  type AgentEffect,
  type AgentEvent,
  type AgentRules,
  type AgentState,
  agentWarnings,
  initialAgent,
  stepAgent,
} from './agent.ts'
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
  /** Default 2000. */
  readonly intervalMs?: number
  /** Null: this node has none. */
  readonly agent: AgentRules | null
}

export interface StatsReporterPorts {
  readonly load: SystemLoad
  readonly sockets: SocketTable
  readonly agent: Agent
}

/** What comes of it is smoothed over two seconds. */
const DEFAULT_INTERVAL_MS = 2000

/** The stats reporter: CPU, memory, pressure and the connections on the proxy ports, to discovery, as they change; and what the operator's agent says. */
export const startStatsReporter: StartActor<
  StatsReporterOptions,
  StatsReporterPorts,
  StatsReporterMessage,
  StatsReporterPeers
> = (context, { redirects, intervalMs = DEFAULT_INTERVAL_MS, agent: rules }, { load, sockets, agent }) => {
  const connections = new ConnectionCount(sockets, redirects, context.clock)
  const read = (): StatsReporterEvent => {
    try {
      return { type: 'sampled', sample: load.sample(), ...connections.read() }
    } catch (error) {
      // `sample` throws where /proc is not what it should be; a gateway goes on without knowing its load.
      return { type: 'unreadable', failure: error instanceof Error ? error.message : String(error) }
    }
  }
  const machine = runMachine<StatsReporterState, StatsReporterEvent, StatsReporterEffect>({
    context,
    initial: initialStatsReporter(intervalMs),
    step: stepStatsReporter,
    // `sample` is the only effect of its own.
    perform: () => machine.dispatch(read()),
    label: ({ failure }) => (failure === null ? 'reading' : 'failing'),
  })
  let stopped = false
  const asking = runMachine<AgentState, AgentEvent, AgentEffect>({
    context,
    initial: initialAgent(rules),
    step: stepAgent,
    // `ask` is the only effect of its own.
    perform: ({ generation, question }) =>
      void agent.ask(question).then((answer) => {
        if (!stopped) asking.dispatch({ type: 'answered', generation, answer })
      }),
    label: ({ problem }) => (problem === null ? 'asking' : 'unanswered'),
  })
  machine.dispatch({ type: 'started' })
  asking.dispatch({ type: 'started' })
  const control: StatsReporterControl = {
    describe: () => {
      const status = describeStatsReporter(machine.state())
      return { ...status, warnings: [...status.warnings, ...agentWarnings(asking.state())] }
    },
  }
  return {
    control,
    receive(message) {
      message satisfies never
    },
    configure: (wanted) => {
      connections.count(wanted.redirects)
      asking.dispatch({ type: 'configured', rules: wanted.agent })
    },
    peerUp() {
      machine.dispatch({ type: 'discoveryUp' })
      asking.dispatch({ type: 'discoveryUp' })
    },
    peerDown() {
      machine.dispatch({ type: 'discoveryDown' })
      asking.dispatch({ type: 'discoveryDown' })
    },
    stop() {
      stopped = true
      machine.dispatch({ type: 'stopped' })
      asking.dispatch({ type: 'stopped' })
      agent.close()
      sockets.close()
    },
  }
}

/** The connections on the proxy ports, counted as often as the budget lets it. */
class ConnectionCount {
  readonly #sockets: SocketTable
  #proxyPorts: readonly number[] = []
  readonly #clock: Clock
  readonly #budget = new CountingBudget()
  /** Of the last count. */
  #failure: string | null = null

  constructor(sockets: SocketTable, redirects: StatsReporterOptions['redirects'], clock: Clock) {
    this.#sockets = sockets
    this.#clock = clock
    this.count(redirects)
  }

  /** Counts on the proxy ports of these from now on. */
  count(redirects: StatsReporterOptions['redirects']): void {
    this.#proxyPorts = [...new Set(redirects.map(({ proxyPort }) => proxyPort))]
  }

  /** `connections` is null where they were not counted this time. */
  read(): { readonly connections: number | null; readonly failure: string | null } {
    const startedAtMs = this.#clock.nowMs()
    if (!this.#budget.isDue(startedAtMs)) return { connections: null, failure: this.#failure }
    const counted = this.#sockets.established(this.#proxyPorts)
    this.#budget.spent(startedAtMs, this.#clock.nowMs())
    this.#failure = counted.ok ? null : counted.reason
    const connections = counted.ok ? [...counted.value.values()].reduce((sum, count) => sum + count, 0) : null
    return { connections, failure: this.#failure }
  }
}
