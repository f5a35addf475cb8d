import type { Listener } from '../../runtime/ports/sockets/socket-table.ts'
import type { PortState } from './messages.ts'

/**
 * The state of each proxy port. Clients' connections arrive for a virtual IP that comes and goes, so only a listener on no
 * address in particular serves them; what is bound to single addresses besides does no harm.
 */
export function checkPorts(proxyPorts: readonly number[], listeners: readonly Listener[]): readonly PortState[] {
  return proxyPorts.map((port) =>
    checkPort(
      port,
      listeners.filter((listener) => listener.port === port),
    ),
  )
}

/** `port 2121 is not listening, port 9090 listens only on 127.0.0.1: ...`; undefined when all is well. */
export function describeProblems(ports: readonly PortState[]): string | undefined {
  const problems = ports.filter(({ problem }) => problem !== null).map(({ port, problem }) => `port ${port} ${problem}`)
  return problems.length === 0 ? undefined : problems.join(', ')
}

/** The ports that must be listened on: each proxy port once, ascending. */
export function proxyPortsOf(redirects: readonly { readonly proxyPort: number }[]): readonly number[] {
  return [...new Set(redirects.map(({ proxyPort }) => proxyPort))].toSorted((one, other) => one - other)
}

function checkPort(port: number, listeners: readonly Listener[]): PortState {
  if (listeners.some(servesEveryIpv4)) return { port, listening: true, problem: null }
  return { port, listening: false, problem: problemOf(listeners) }
}

/** `::` takes IPv4 too, unless its socket is IPV6_V6ONLY (nginx's default, for one). */
function servesEveryIpv4({ address, v6Only }: Listener): boolean {
  return address === '0.0.0.0' || (address === '::' && !v6Only)
}

function problemOf(listeners: readonly Listener[]): string {
  if (listeners.length === 0) return 'is not listening'
  if (listeners.some(({ address }) => address === '::')) {
    return 'listens on :: for IPv6 only: the proxy must listen on 0.0.0.0, or on :: without IPV6_V6ONLY'
  }
  const addresses = [...new Set(listeners.map(({ address }) => address))].toSorted().join(', ')
  return `listens only on ${addresses}: the proxy must listen on 0.0.0.0 or ::`
}
