import type { StartActor } from '../../runtime/actor-system/actor.ts'
import { runMachine } from '../../runtime/actor-system/machine/machine-runner.ts'
import type { ProxyProbe } from '../../runtime/ports/sockets/proxy-probe.ts'
import type { SocketTable } from '../../runtime/ports/sockets/socket-table.ts'
import type { ElectorName } from '../elector/messages.ts'
import type { DampingRules } from './damping.ts'
import type { DeepCheck } from './deep-checks.ts'
import type { PortMonitorPeers } from './machine.ts'
import {
  describePortMonitor,
  initialPortMonitor,
  type PortMonitorEffect,
  type PortMonitorEvent,
  type PortMonitorRules,
  type PortMonitorState,
  stepPortMonitor,
} from './machine.ts'
import type { PortMonitorControl, PortMonitorMessage } from './messages.ts'
import { proxyPortsOf } from './port-check.ts'

export interface PortMonitorOptions extends DampingRules {
  readonly redirects: readonly { readonly proxyPort: number }[]
  readonly checks: readonly DeepCheck[]
  /** A port that fails takes the node out for itself alone. */
  readonly perPort: boolean
  /** Between two looks at the listening ports. */
  readonly pollMs: number
}

export interface PortMonitorPorts {
  readonly sockets: SocketTable
  readonly proxies: ProxyProbe
}

/** The port monitor: is every proxy port listened on, unbound? Tells discovery at each change and whenever that starts. */
export const startPortMonitor: StartActor<
  PortMonitorOptions,
  PortMonitorPorts,
  PortMonitorMessage,
  PortMonitorPeers
> = (context, options, { sockets, proxies }) => {
  const read = (): PortMonitorEvent => {
    const listeners = sockets.listeners()
    return listeners.ok
      ? { type: 'listeners', listeners: listeners.value }
      : { type: 'unreadable', reason: listeners.reason }
  }
  const ask = async ({ index, generation, probe }: PortMonitorEffect & { readonly type: 'probe' }): Promise<void> => {
    const answer = await proxies.probe(probe)
    if (!stopped) machine.dispatch({ type: 'probed', index, generation, problem: answer.ok ? null : answer.reason })
  }
  let stopped = false
  const machine = runMachine<PortMonitorState, PortMonitorEvent, PortMonitorEffect>({
    context,
    initial: initialPortMonitor(rulesOf(options)),
    step: stepPortMonitor,
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
    label: ({ health }) => health,
  })
  machine.dispatch({ type: 'started' })
  const control: PortMonitorControl = { describe: () => describePortMonitor(machine.state()) }
  return {
    control,
    receive(message) {
      message satisfies never
    },
    configure: (wanted) => machine.dispatch({ type: 'configured', rules: rulesOf(wanted) }),
    peerUp(peer) {
      if (peer === 'discovery') machine.dispatch({ type: 'discoveryUp' })
      else if (isElector(peer)) machine.dispatch({ type: 'electorUp', elector: peer })
    },
    peerDown(peer) {
      if (peer === 'discovery') machine.dispatch({ type: 'discoveryDown' })
      else if (isElector(peer)) machine.dispatch({ type: 'electorDown', elector: peer })
    },
    stop() {
      stopped = true
      machine.dispatch({ type: 'stopped' })
      proxies.close()
      sockets.close()
    },
  }
}

const rulesOf = ({ redirects, ...rules }: PortMonitorOptions): PortMonitorRules => ({
  ...rules,
  proxyPorts: proxyPortsOf(redirects),
})

const isElector = (peer: string): peer is ElectorName => peer.startsWith('elector')
