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
 * Two original ports with one proxy port cannot be told apart in the proxy's answers, so those need connection tracking,
 * which costs a third of the connection rate; all others are rewritten statelessly. A stateless redirect whose proxy port is a
 * tracked one's original port would be redirected twice, so it is tracked as well.
 */
export function portMappingOf(redirects: readonly RulesetRedirect[]): PortMapping {
  const ports = redirects.flatMap(({ originalPorts, proxyPort }) =>
    originalPorts.map((originalPort) => ({ originalPort, proxyPort })),
  )
  const perProxyPort = Map.groupBy(ports, ({ proxyPort }) => proxyPort)
  const trackedProxyPorts = new Set([...perProxyPort].filter(([, group]) => group.length > 1).map(([port]) => port))
  const isTracked = ({ proxyPort }: MappedPort) => trackedProxyPorts.has(proxyPort)
  for (let found = true; found; ) {
    const takenTwice = ports.find(
      (port) => !isTracked(port) && ports.some((other) => isTracked(other) && other.originalPort === port.proxyPort),
    )
    if (takenTwice !== undefined) trackedProxyPorts.add(takenTwice.proxyPort)
    found = takenTwice !== undefined
  }
  const changed = ports.filter(({ originalPort, proxyPort }) => originalPort !== proxyPort)
  return {
    originalPorts: ports.map(({ originalPort }) => originalPort),
    stateless: changed.filter((port) => !isTracked(port)),
    tracked: changed.filter(isTracked),
    untrackedProxyPorts: [...perProxyPort.keys()].filter((port) => !trackedProxyPorts.has(port)),
  }
}
