import type { SocketTable } from '../../runtime/ports/socket-table.ts'
import type { StartActor } from '../../runtime/system/actor.ts'
import { runMachine } from '../../runtime/system/machine-runner.ts'
import {
  describePortMonitor,
  initialPortMonitor,
  type PortMonitorEffect,
  type PortMonitorEvent,
  type PortMonitorState,
  stepPortMonitor,
} from './machine.ts'
import type { PortMonitorControl, PortMonitorMessage, PortMonitorPeers } from './messages.ts'
import { proxyPortsOf } from './port-check.ts'

export interface PortMonitorOptions {
  readonly redirects: readonly { readonly proxyPort: number }[]
  /** Default 1000. */
  readonly pollMs?: number
}

export interface PortMonitorPorts {
  readonly sockets: SocketTable
}

const DEFAULT_POLL_MS = 1000

/** The port monitor: is every proxy port listened on, unbound? Tells discovery at each change and whenever that starts. */
export const startPortMonitor: StartActor<
  PortMonitorOptions,
  PortMonitorPorts,
  PortMonitorMessage,
  PortMonitorPeers
> = (context, { redirects, pollMs = DEFAULT_POLL_MS }, { sockets }) => {
  const read = (): PortMonitorEvent => {
    const listeners = sockets.listeners()
    return listeners.ok
      ? { type: 'listeners', listeners: listeners.value }
      : { type: 'unreadable', reason: listeners.reason }
  }
  const machine = runMachine<PortMonitorState, PortMonitorEvent, PortMonitorEffect>({
    context,
    initial: initialPortMonitor(proxyPortsOf(redirects), pollMs),
    step: stepPortMonitor,
    // `read` is the only effect of its own.
    perform: () => machine.dispatch(read()),
    label: ({ health }) => health,
  })
  machine.dispatch({ type: 'started' })
  const control: PortMonitorControl = { describe: () => describePortMonitor(machine.state()) }
  return {
    control,
    receive(message) {
      message satisfies never
    },
    configure: (wanted) => machine.dispatch({ type: 'configured', proxyPorts: proxyPortsOf(wanted.redirects) }),
    peerUp(peer) {
      if (peer === 'discovery') machine.dispatch({ type: 'discoveryUp' })
      else if (isElector(peer)) machine.dispatch({ type: 'electorUp', elector: peer })
    },
    peerDown(peer) {
      if (peer === 'discovery') machine.dispatch({ type: 'discoveryDown' })
      else if (isElector(peer)) machine.dispatch({ type: 'electorDown', elector: peer })
    },
    stop() {
      machine.dispatch({ type: 'stopped' })
      sockets.close()
    },
  }
}

const isElector = (peer: string): peer is `elector${string}` => peer.startsWith('elector')
