import type { StartActor } from '../../runtime/actor-system/actor.ts'
import { runMachine } from '../../runtime/actor-system/machine/machine-runner.ts'
import type { Agent } from '../../runtime/ports/host/agent.ts'
import type { SystemLoad } from '../../runtime/ports/host/system-load.ts'
import type { SocketTable } from '../../runtime/ports/sockets/socket-table.ts'
import {
  type AgentEffect,
  type AgentEvent,
  type AgentRules,
  type AgentState,
  agentMachine,
  agentWarnings,
  initialAgent,
} from './agent.ts'
import { ConnectionCount } from './connection-count.ts'
import type { StatsReporterPeers } from './machine.ts'
import {
  describeStatsReporter,
  initialStatsReporter,
  type StatsReporterEffect,
  type StatsReporterEvent,
  type StatsReporterState,
  statsReporterMachine,
} from './machine.ts'
import type { StatsReporterControl, StatsReporterMessage } from './messages.ts'

export interface StatsReporterOptions {
  /** Where the proxies listen. */
  readonly proxyPorts: readonly number[]
  /** Where the group's connections come to this node: at the virtual IPs in kernel mode, else at its own address. */
  readonly servedAddresses: readonly string[]
  /** In kernel mode: who has most connections is told with each count. */
  readonly namesHolders: boolean
  /** Null: this node has none. */
  readonly agent: AgentRules | null
}

export interface StatsReporterPorts {
  readonly load: SystemLoad
  readonly sockets: SocketTable
  readonly agent: Agent
}

/** What comes of it is smoothed over two seconds. */
const INTERVAL_MS = 2000

/** The stats reporter: CPU, memory, pressure and the connections on the proxy ports, to discovery, as they change; and what the operator's agent says. */
export const startStatsReporter: StartActor<
  StatsReporterOptions,
  StatsReporterPorts,
  StatsReporterMessage,
  StatsReporterPeers
> = (context, options, { load, sockets, agent }) => {
  const { agent: rules } = options
  const connections = new ConnectionCount(sockets, options, context.clock)
  let isDiscoveryUp = false
  const read = (): StatsReporterEvent => {
    try {
      const { held, ...counted } = connections.read()
      if (held !== null && isDiscoveryUp)
        context.send('discovery', { type: 'holders', all: held.all, holders: held.holders })
      return { type: 'sampled', sample: load.sample(), ...counted }
    } catch (error) {
      // `sample` throws where /proc is not what it should be; a gateway goes on without knowing its load.
      return { type: 'unreadable', failure: error instanceof Error ? error.message : String(error) }
    }
  }
  const machine = runMachine<StatsReporterState, StatsReporterEvent, StatsReporterEffect>({
    context,
    ...statsReporterMachine,
    initial: initialStatsReporter(INTERVAL_MS),
    // `sample` is the only effect of its own.
    perform: () => machine.dispatch(read()),
  })
  let stopped = false
  const asking = runMachine<AgentState, AgentEvent, AgentEffect>({
    context,
    ...agentMachine,
    initial: initialAgent(rules),
    // `ask` is the only effect of its own.
    perform: ({ generation, question }) =>
      void agent.ask(question).then((answer) => {
        if (!stopped) asking.dispatch({ type: 'answered', generation, answer })
      }),
  })
  machine.dispatch({ type: 'started' })
  asking.dispatch({ type: 'started' })
  const control: StatsReporterControl = {
    describe: () => {
      const status = describeStatsReporter(machine.state())
      const { warnings } = connections
      return { ...status, warnings: [...status.warnings, ...warnings, ...agentWarnings(asking.state())] }
    },
  }
  return {
    control,
    receive(message) {
      connections.follow(message)
      machine.dispatch({ type: 'countedAnew' })
    },
    configure: (wanted) => {
      connections.count(wanted)
      asking.dispatch({ type: 'configured', rules: wanted.agent })
    },
    peerUp() {
      isDiscoveryUp = true
      machine.dispatch({ type: 'discoveryUp' })
      asking.dispatch({ type: 'discoveryUp' })
    },
    peerDown() {
      isDiscoveryUp = false
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
