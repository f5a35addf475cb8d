import type { RulesetRedirect } from './ruleset-types.ts'

/** One original port and where it leads. */
export interface MappedPort {
  readonly originalPort: number
  readonly proxyPort: number
}

/** How each redirect gets from the original port to the proxy's, and its answers back. */
export interface PortMapping {
  /** Every original port. */
  readonly originalPorts: readonly number[]
  /** Rewritten packet by packet, without connection tracking. Ports that keep their number need nothing and are not here. */
  readonly stateless: readonly MappedPort[]
  /** Redirected by connection tracking. */
  readonly tracked: readonly MappedPort[]
  /** Ports that proxies listen on and no tracked port leads to. */
  readonly untrackedProxyPorts: readonly number[]
}

/**
 * Two original ports with one proxy port cannot be told apart in the proxy's answers: all but one of them need connection tracking, which
 * costs a third of the connection rate. That one is the one that keeps its number, else the first, so that one more changes nothing for what
 * is open; it and all others are rewritten statelessly. A stateless redirect whose proxy port is a tracked one's original port would be
 * redirected twice, so it is tracked as well.
 */
export function portMappingOf(redirects: readonly RulesetRedirect[]): PortMapping {
  const ports = mappedPortsOf(redirects)
  const perProxyPort = Map.groupBy(ports, ({ proxyPort }) => proxyPort)
  const tracked = new Set([...perProxyPort.values()].flatMap(trackedOf))
  for (let found = true; found; ) {
    const takenTwice = ports.find(
      (port) => !tracked.has(port) && [...tracked].some(({ originalPort }) => originalPort === port.proxyPort),
    )
    if (takenTwice !== undefined) tracked.add(takenTwice)
    found = takenTwice !== undefined
  }
  const changed = ports.filter(isChanged)
  const trackedProxyPorts = new Set([...tracked].map(({ proxyPort }) => proxyPort))
  return {
    originalPorts: ports.map(({ originalPort }) => originalPort),
    stateless: changed.filter((port) => !tracked.has(port)),
    tracked: changed.filter((port) => tracked.has(port)),
    untrackedProxyPorts: [...perProxyPort.keys()].filter((port) => !trackedProxyPorts.has(port)),
  }
}

/** One by one, in their order. */
export const mappedPortsOf = (redirects: readonly RulesetRedirect[]): readonly MappedPort[] =>
  redirects.flatMap(({ originalPorts, proxyPort }) =>
    originalPorts.map((originalPort) => ({ originalPort, proxyPort })),
  )

const isChanged = ({ originalPort, proxyPort }: MappedPort): boolean => originalPort !== proxyPort

/** Of those with one proxy port. */
function trackedOf(group: readonly MappedPort[]): readonly MappedPort[] {
  const untracked = group.find((port) => !isChanged(port)) ?? group[0]
  return group.filter((port) => port !== untracked)
}
