/** A redirect as far as the forwarders need it. */
interface PlannedRedirect {
  readonly originalPorts: readonly number[]
  readonly proxyPort: number
  readonly proxyProtocol: 'off' | 'v1' | 'v2'
}

/** One listening address of every forwarder. */
export interface PlannedListener {
  /** The virtual IP. */
  readonly address: string
  /** The original port, or the capture port that nftables takes it to. */
  readonly port: number
  /** The proxy's port at the nodes. */
  readonly nodePort: number
  readonly redirectIndex: number
  readonly proxyProtocol: 'off' | 'v1' | 'v2'
}

/** An original port that somebody else listens on, to be taken to a port of our own by nftables. */
export interface Capture {
  readonly address: string
  readonly originalPort: number
  readonly listenPort: number
}

export interface ListenerPlan {
  readonly listeners: readonly PlannedListener[]
  readonly captures: readonly Capture[]
}

/** Where capture ports start: below Linux's default range of ephemeral ports (32768), above the services'. */
const FIRST_CAPTURE_PORT = 29_000

/**
 * Decides where the forwarders listen. An original port is bound on the virtual IP itself, but where a proxy owns the port
 * on the wildcard address (every proxy port, since each must listen unbound) or somebody else does (`takenPorts`, e.g. the
 * host's own web server), bind would fail: there the forwarders get a capture port.
 */
export function planListeners(
  virtualIps: readonly string[],
  redirects: readonly PlannedRedirect[],
  takenPorts: ReadonlySet<number>,
): ListenerPlan {
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
  const listeners: PlannedListener[] = []
  const captures: Capture[] = []
  for (const address of virtualIps) {
    for (const [redirectIndex, { originalPorts, proxyPort, proxyProtocol }] of redirects.entries()) {
      for (const originalPort of originalPorts) {
        const listenPort = captureOf.get(originalPort)
        if (listenPort !== undefined) captures.push({ address, originalPort, listenPort })
        const port = listenPort ?? originalPort
        listeners.push({ address, port, nodePort: proxyPort, redirectIndex, proxyProtocol })
      }
    }
  }
  return { listeners, captures }
}
