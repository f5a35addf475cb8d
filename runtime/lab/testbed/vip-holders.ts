import { startProcess } from './processes.ts'

/** What the kernel of a host said about an address or a neighbour; read from `ip -o monitor address neigh`. */
export type MonitorLine =
  | { readonly type: 'address'; readonly address: string; readonly held: boolean }
  | { readonly type: 'neighbour'; readonly address: string; readonly mac: string }

/** Reads one line of `ip -o monitor address neigh`; undefined for what does not concern the lab (IPv6, loopback, failed entries). */
export function parseMonitorLine(line: string): MonitorLine | undefined {
  const address = /^(Deleted )?\d+: eth0\s+inet (\d+\.\d+\.\d+\.\d+)\//.exec(line)
  if (address) return { type: 'address', address: address[2] ?? '', held: address[1] === undefined }
  const neighbour = /^(\d+\.\d+\.\d+\.\d+) dev eth0 (?:.* )?lladdr ([0-9a-f:]{17})/.exec(line)
  if (neighbour) return { type: 'neighbour', address: neighbour[1] ?? '', mac: neighbour[2] ?? '' }
  return undefined
}

/** Hears what the kernel of a host says of its addresses, and with `neigh` of its neighbours. */
export function watchKernel(host: string, objects: readonly string[], onSaid: (said: MonitorLine) => void): void {
  const onLine = (line: string) => {
    const said = parseMonitorLine(line)
    if (said !== undefined) onSaid(said)
  }
  startProcess({ host, command: 'ip', args: ['-o', 'monitor', ...objects], onLine })
}

/**
 * Who holds the VIP, as the kernels of the gateways say, not as proxyha says. A gateway whose cable is pulled may hold
 * what it likes: it is not on the network, and does not count.
 */
export class VipHolders {
  #holding = new Set<string>()
  #unplugged = new Set<string>()
  #doubleSinceMs: number | null = null
  #longestDoubleMs = 0

  /** Whether that is news: a kernel also tells of an address whose lifetime was renewed. */
  setHeld(host: string, held: boolean, atMs: number): boolean {
    if (held === this.#holding.has(host)) return false
    if (held) this.#holding.add(host)
    else this.#holding.delete(host)
    this.#account(atMs)
    return true
  }

  setPlugged(host: string, plugged: boolean, atMs: number): void {
    if (plugged) this.#unplugged.delete(host)
    else this.#unplugged.add(host)
    this.#account(atMs)
  }

  /** The hosts on the network that hold the VIP now: one, on a healthy network. */
  get now(): readonly string[] {
    return [...this.#holding].filter((host) => !this.#unplugged.has(host))
  }

  /** The longest time for which two hosts held the VIP at once, up to `nowMs`. */
  longestDoubleMs(nowMs: number): number {
    return Math.max(this.#longestDoubleMs, this.#doubleSinceMs === null ? 0 : nowMs - this.#doubleSinceMs)
  }

  #account(atMs: number): void {
    const double = this.now.length > 1
    if (double) this.#doubleSinceMs ??= atMs
    else if (this.#doubleSinceMs !== null) {
      this.#longestDoubleMs = Math.max(this.#longestDoubleMs, atMs - this.#doubleSinceMs)
      this.#doubleSinceMs = null
    }
  }
}
