import type { Turn } from './turn.ts'

/** Requests without any sign of life after which the default gateway counts as lost: about three seconds. */
const UNANSWERED_MAX = 3

/** Judges the default gateway by what is known now. */
export function judgeGateway(turn: Turn): void {
  const { options, state } = turn
  if (!options.trackGateway || state.truth === null) return
  const { defaultRoute } = state.truth
  const reason =
    defaultRoute === null
      ? `there is no default route through ${options.interfaceName}`
      : defaultRoute.gateway !== null && state.gatewayUnanswered >= UNANSWERED_MAX
        ? `the default gateway ${defaultRoute.gateway} does not answer ARP`
        : null
  turn.track({ type: 'track', source: 'gateway', state: reason === null ? 'ok' : 'failed', reason })
}

/**
 * Once a second. Asked outright, since a neighbour entry of the kernel's turns FAILED only when something is sent to the
 * gateway, and a node that is no director may send nothing for hours.
 */
export function askGateway(turn: Turn): void {
  judgeGateway(turn)
  const gateway = turn.state.truth?.defaultRoute?.gateway
  if (!turn.options.trackGateway || typeof gateway !== 'string') return
  turn.change({ gatewayUnanswered: Math.min(UNANSWERED_MAX, turn.state.gatewayUnanswered + 1) })
  turn.ask(gateway)
}

/** Whatever it says shows that it is there. */
export function hearGateway(turn: Turn, senderAddress: string): void {
  if (senderAddress !== turn.state.truth?.defaultRoute?.gateway) return
  turn.change({ gatewayUnanswered: 0 })
  judgeGateway(turn)
}
