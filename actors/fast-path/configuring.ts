import { isDeepStrictEqual } from 'node:util'
import { startLooking } from './looking.ts'
import { continuedPorts } from './ruleset/continued-ports.ts'
import { portsIn } from './ruleset/port-ranges.ts'
import type { FastPathSettings, FastPathState } from './state.ts'
import { forgetGivingWay } from './staying/giving-way.ts'
import type { Turn } from './turn.ts'

/**
 * Other settings from now on. What of the rules they change is found by comparing, as ever; here is what ends by them. It is reset while
 * the rules are yet there by which the reset finds its client: what came by an address that is none of ours any more, and by an original port that leads
 * to another proxy port now.
 */
export function configure(turn: Turn, settings: FastPathSettings): void {
  const { settings: before, ports: portsBefore } = turn.state
  const { ports, cut } = continuedPorts(portsBefore, settings.redirects)
  const gone = before.virtualIps.filter((address) => !settings.virtualIps.includes(address))
  turn.change({ settings, ports })
  if (gone.length > 0) {
    forgetGivingWay(turn, gone)
    reset(turn, servedPorts({ ports: portsBefore, settings: before }), gone)
  }
  // Where others lead to the same proxy port their connections look the same: then the clients hear of it with their next segment.
  const needed = new Set(servedPorts(turn.state))
  const lost = [...proxyPortsOf(cut), ...portsIn(before.portRanges)].filter((port) => !needed.has(port))
  reset(turn, lost, before.virtualIps)
  const routes = (before.answerRoutes ?? []).filter(
    (route) => !settings.answerRoutes?.some((other) => isDeepStrictEqual(route, other)),
  )
  if (routes.length > 0) turn.perform({ type: 'removeAnswerRoutes', answerRoutes: routes })
  // Routes are put with a look.
  if (!isDeepStrictEqual(before.answerRoutes, settings.answerRoutes)) startLooking(turn)
}

function reset(turn: Turn, ports: readonly number[], addresses: readonly string[]): void {
  if (ports.length > 0) turn.perform({ type: 'resetConnections', ports, addresses })
}

const proxyPortsOf = (ports: readonly { readonly proxyPort: number }[]): readonly number[] => [
  ...new Set(ports.map(({ proxyPort }) => proxyPort)),
]

/** Where this host's proxies serve clients. */
export const servedPorts = ({ ports, settings }: Pick<FastPathState, 'ports' | 'settings'>): readonly number[] => [
  ...proxyPortsOf(ports),
  ...portsIn(settings.portRanges),
]
