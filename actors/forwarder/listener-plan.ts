import type { ListenerPlan } from './messages.ts'

/** A redirect as far as the forwarders need it. */
interface PlannedRedirect {
  readonly originalPorts: readonly number[]
  readonly proxyPort: number
  readonly proxyProtocol: 'off' | 'v1' | 'v2'
  readonly protocol: string
}

/** Protocols in which a server waits for its client; of another name it may be the server that speaks first. */
const CLIENT_FIRST: ReadonlySet<string> = new Set(['http', 'https', 'tls', 'socks', 'socks4', 'socks5', 'icap', 'rtsp'])

/** Where capture ports start: below Linux's default range of ephemeral ports (32768), above the services'. */
const FIRST_CAPTURE_PORT = 29_000

/**
 * Decides where the forwarders listen. An original port is bound on the virtual IP itself, but where a proxy owns the port
 * on the wildcard address (every proxy port, since each must listen unbound) or somebody else does (`takenPorts`, e.g. the
 * host's own web server), bind would fail: there the forwarders listen on a capture port, to which nftables takes what
 * comes for the original one. A listener whose `port` is not its `originalPort` is captured.
 *
 * An original port that is listened for already (`running`) stays where it is: the segments of what is open go there.
 */
export function planListeners(
  virtualIps: readonly string[],
  redirects: readonly PlannedRedirect[],
  takenPorts: ReadonlySet<number>,
  running: readonly ListenerPlan[] = [],
): readonly ListenerPlan[] {
  const originalPorts = redirects.flatMap((redirect) => redirect.originalPorts)
  const owned = new Set([...takenPorts, ...redirects.map((redirect) => redirect.proxyPort)])
  const avoid = new Set([...owned, ...originalPorts, ...running.map(({ port }) => port)])
  const portOf = new Map(running.map(({ originalPort, port }) => [originalPort, port]))
  let next = FIRST_CAPTURE_PORT
  for (const port of originalPorts) {
    if (!owned.has(port) || portOf.has(port)) continue
    while (avoid.has(next)) next += 1
    portOf.set(port, next++)
  }
  return virtualIps.flatMap((address) =>
    redirects.flatMap(({ originalPorts, proxyPort, proxyProtocol, protocol }, redirectIndex) =>
      originalPorts.map((originalPort) => ({
        address,
        port: portOf.get(originalPort) ?? originalPort,
        originalPort,
        nodePort: proxyPort,
        redirectIndex,
        proxyProtocol: proxyProtocol === 'off' ? null : proxyProtocol,
        clientSpeaksFirst: CLIENT_FIRST.has(protocol),
      })),
    ),
  )
}

/**
 * Why forwarders that listen like this cannot listen for other redirects without ending what is open; null: they can. In the words of the
 * file.
 */
export function refusedListeners(
  running: readonly ListenerPlan[],
  redirects: readonly Pick<PlannedRedirect, 'originalPorts' | 'proxyPort'>[],
): string | null {
  const originalPorts = new Set(redirects.flatMap((redirect) => redirect.originalPorts))
  const proxyPorts = new Set(redirects.map((redirect) => redirect.proxyPort))
  for (const { port, originalPort } of running) {
    if (port !== originalPort && (originalPorts.has(port) || proxyPorts.has(port))) {
      return `redirects: port ${port} is what the forwarders listen on for port ${originalPort}: restart the gateway, or use another`
    }
    if (port === originalPort && originalPorts.has(port) && proxyPorts.has(port)) {
      return `redirects: port ${port} is bound by the forwarders on the virtual IPs, so that no proxy can listen there: restart the gateway`
    }
  }
  return null
}
