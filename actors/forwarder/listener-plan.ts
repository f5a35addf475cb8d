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
 */
export function planListeners(
  virtualIps: readonly string[],
  redirects: readonly PlannedRedirect[],
  takenPorts: ReadonlySet<number>,
): readonly ListenerPlan[] {
  const originalPorts = redirects.flatMap((redirect) => redirect.originalPorts)
  const owned = new Set([...takenPorts, ...redirects.map((redirect) => redirect.proxyPort)])
  const avoid = new Set([...owned, ...originalPorts])
  let next = FIRST_CAPTURE_PORT
  const captureOf = new Map<number, number>()
  for (const port of originalPorts) {
    if (!owned.has(port)) continue
    while (avoid.has(next)) next += 1
    captureOf.set(port, next++)
  }
  return virtualIps.flatMap((address) =>
    redirects.flatMap(({ originalPorts, proxyPort, proxyProtocol, protocol }, redirectIndex) =>
      originalPorts.map((originalPort) => ({
        address,
        port: captureOf.get(originalPort) ?? originalPort,
        originalPort,
        nodePort: proxyPort,
        redirectIndex,
        proxyProtocol: proxyProtocol === 'off' ? null : proxyProtocol,
        clientSpeaksFirst: CLIENT_FIRST.has(protocol),
      })),
    ),
  )
}
