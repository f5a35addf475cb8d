import type { StartActor } from '../../runtime/actor-system/actor.ts'
import { emptyHistogram, type Histogram, observed } from '../../runtime/actor-system/inspection/histogram.ts'
import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import { runMachine } from '../../runtime/actor-system/machine/machine-runner.ts'
import type { Programs } from '../../runtime/ports/process/programs.ts'
import { WeakPrograms } from '../../runtime/ports/process/weak-programs.ts'
import type { ProxyProbe } from '../../runtime/ports/sockets/proxy-probe.ts'
import type { SocketTable } from '../../runtime/ports/sockets/socket-table.ts'
import type { ElectorName } from '../elector/messages.ts'
import type { DampingRules } from './damping.ts'
import type { DeepCheck } from './deep-checks.ts'
import type { ElectorChange } from './electors-up.ts'
import type { PortMonitorPeers } from './machine.ts'
import {
  describePortMonitor,
  initialPortMonitor,
  type PortMonitorEffect,
  type PortMonitorEvent,
  type PortMonitorRules,
  type PortMonitorState,
  portMonitorMachine,
} from './machine.ts'
import type { PortMonitorControl, PortMonitorMessage } from './messages.ts'
import { proxyPortsOf } from './port-check.ts'
import {
  initialScripts,
  type ScriptsEffect,
  type ScriptsEvent,
  type ScriptsState,
  scriptsMachine,
  type TrackedScript,
} from './scripts.ts'

export interface PortMonitorOptions extends DampingRules {
  readonly redirects: readonly { readonly proxyPort: number }[]
  readonly checks: readonly DeepCheck[]
  /** A port that fails takes the node out for itself alone. */
  readonly perPort: boolean
  /** Between two looks at the listening ports. */
  readonly pollMs: number
  /** The operator's own, which the electors are told of. */
  readonly scripts: readonly TrackedScript[]
}

export interface PortMonitorPorts {
  readonly sockets: SocketTable
  readonly proxies: ProxyProbe
  readonly programs: Programs
}

/**
 * The port monitor: is every proxy port listened on, unbound? Tells discovery at each change and whenever that starts. Beside that it runs
 * what the operator has written to judge this node by (`track.scripts`), and tells the electors.
 */
export const startPortMonitor: StartActor<
  PortMonitorOptions,
  PortMonitorPorts,
  PortMonitorMessage,
  PortMonitorPeers
> = (context, options, { sockets, proxies, programs }) => {
  const read = (): PortMonitorEvent => {
    const listeners = sockets.listeners()
    return listeners.ok
      ? { type: 'listeners', listeners: listeners.value }
      : { type: 'unreadable', reason: listeners.reason }
  }
  const ask = async ({ index, generation, probe }: PortMonitorEffect & { readonly type: 'probe' }): Promise<void> => {
    const beganMs = context.clock.nowMs()
    const answer = await proxies.probe(probe)
    const before = took.get(probe.port) ?? emptyHistogram
    took.set(probe.port, observed(before, context.clock.nowMs() - beganMs))
    if (!stopped) machine.dispatch({ type: 'probed', index, generation, problem: answer.ok ? null : answer.reason })
  }
  /** By the port of the check, as long as the configuration has one. */
  const took = new Map<number, Histogram>()
  let stopped = false
  const machine = runMachine<PortMonitorState, PortMonitorEvent, PortMonitorEffect>({
    context,
    ...portMonitorMachine,
    initial: initialPortMonitor(rulesOf(options)),
    perform: (effect) => {
      switch (effect.type) {
        case 'read':
          machine.dispatch(read())
          return
        case 'probe':
          void ask(effect)
          return
        default:
          effect satisfies never
      }
    },
  })
  const scripts = runMachine<ScriptsState, ScriptsEvent, ScriptsEffect>({
    context,
    ...scriptsMachine,
    initial: initialScripts(options.scripts),
    // `run` is the only effect of its own.
    perform: ({ generation, script: { name, command, timeoutMs } }) =>
      void programs.run(`${name} ${generation}`, { command, input: '', timeoutMs }).then((outcome) => {
        if (!stopped) scripts.dispatch({ type: 'ended', name, generation, outcome })
      }),
  })
  const weak = new WeakPrograms('track.scripts', programs, (line) => context.log('warn', line))
  const commandsOf = (wanted: readonly TrackedScript[]) => wanted.map(({ command }) => command)
  weak.look(commandsOf(options.scripts))
  machine.dispatch({ type: 'started' })
  scripts.dispatch({ type: 'started' })
  const control: PortMonitorControl = {
    describe: () => {
      const status = describePortMonitor(machine.state())
      const programs = weak.warnings.map((text) => warning('weak-program', null, text))
      const checks = [...took].map(([port, durations]) => ({ port, took: durations }))
      return { ...status, checks, warnings: [...status.warnings, ...programs] }
    },
  }
  const tellOfElector = (event: ElectorChange): void => {
    machine.dispatch(event)
    scripts.dispatch(event)
  }
  return {
    control,
    receive(message) {
      message satisfies never
    },
    configure: (wanted) => {
      machine.dispatch({ type: 'configured', rules: rulesOf(wanted) })
      const checked = new Set(wanted.checks.map(({ probe }) => probe.port))
      for (const port of [...took.keys()]) if (!checked.has(port)) took.delete(port)
      weak.look(commandsOf(wanted.scripts))
      scripts.dispatch({ type: 'configured', scripts: wanted.scripts })
    },
    peerUp(peer) {
      if (peer === 'discovery') machine.dispatch({ type: 'discoveryUp' })
      else if (isElector(peer)) tellOfElector({ type: 'electorUp', elector: peer })
    },
    peerDown(peer) {
      if (peer === 'discovery') machine.dispatch({ type: 'discoveryDown' })
      else if (isElector(peer)) tellOfElector({ type: 'electorDown', elector: peer })
    },
    stop() {
      stopped = true
      machine.dispatch({ type: 'stopped' })
      scripts.dispatch({ type: 'stopped' })
      programs.close()
      proxies.close()
      sockets.close()
    },
  }
}

const rulesOf = ({ redirects, scripts: _, ...rules }: PortMonitorOptions): PortMonitorRules => ({
  ...rules,
  proxyPorts: proxyPortsOf(redirects),
})

const isElector = (peer: string): peer is ElectorName => peer.startsWith('elector')
