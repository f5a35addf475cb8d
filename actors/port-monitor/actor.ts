import type { SocketTable } from '../../runtime/ports/socket-table.ts'
import type { ActorContext, ActorInstance, StartActor } from '../../runtime/system/actor.ts'
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
  /** Default 500. */
  readonly pollMs?: number
}

export interface PortMonitorPorts {
  readonly sockets: SocketTable
}

const DEFAULT_POLL_MS = 500

/** The port monitor: is every proxy port listened on, unbound? Tells discovery at each change and whenever that starts. */
export const startPortMonitor: StartActor<
  PortMonitorOptions,
  PortMonitorPorts,
  PortMonitorMessage,
  PortMonitorPeers
> = (context, { redirects, pollMs = DEFAULT_POLL_MS }, { sockets }) => {
  const monitor = new PortMonitor(context, initialPortMonitor(proxyPortsOf(redirects), pollMs), sockets)
  monitor.take({ type: 'started' })
  return monitor
}

class PortMonitor implements ActorInstance<PortMonitorMessage> {
  readonly control: PortMonitorControl = { describe: () => describePortMonitor(this.#state) }
  readonly #context: ActorContext<PortMonitorPeers>
  readonly #sockets: SocketTable
  #state: PortMonitorState
  #cancelPoll = (): void => undefined
  #stopped = false

  constructor(context: ActorContext<PortMonitorPeers>, state: PortMonitorState, sockets: SocketTable) {
    this.#context = context
    this.#state = state
    this.#sockets = sockets
  }

  receive(message: PortMonitorMessage): void {
    message satisfies never
  }

  peerUp(peer: string): void {
    if (peer === 'discovery') this.take({ type: 'discoveryUp' })
  }

  stop(): void {
    this.#stopped = true
    this.#cancelPoll()
    this.#sockets.close()
  }

  take(event: PortMonitorEvent): void {
    if (this.#stopped) return
    const before = this.#state.health
    const { state, effects } = stepPortMonitor(this.#state, event)
    this.#state = state
    if (state.health !== before) {
      this.#context.inspect({
        type: 'state',
        from: before,
        to: state.health,
        cause: state.problem ?? 'all ports listen',
      })
    }
    for (const effect of effects) this.#carryOut(effect)
  }

  #carryOut(effect: PortMonitorEffect): void {
    switch (effect.type) {
      case 'read': {
        const read = this.#sockets.listeners()
        this.take(read.ok ? { type: 'listeners', listeners: read.value } : { type: 'unreadable', reason: read.reason })
        return
      }
      case 'startTimer': {
        const { timer, generation, delayMs } = effect
        this.#cancelPoll()
        this.#cancelPoll = this.#context.clock.setTimer(delayMs, () =>
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
}
