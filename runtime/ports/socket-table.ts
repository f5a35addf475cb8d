import type { ConnectedClient } from '../wire/beacon-clients.ts'
import type { Result } from './result.ts'

export interface Listener {
  readonly family: 4 | 6
  /** Local address; `0.0.0.0` or `::` when unbound. */
  readonly address: string
  readonly port: number
  /** IPV6_V6ONLY: a `::` listener that does not take IPv4. False for IPv4. */
  readonly v6Only: boolean
}

/** What the kernel knows of TCP sockets in this network namespace (sock_diag). */
export interface SocketTable {
  listeners(): Result<readonly Listener[]>
  /** Established connections whose local port is one of these, by port. */
  established(localPorts: readonly number[]): Result<ReadonlyMap<number, number>>
  /** Who has established connections to one of these ports at one of these addresses; each once. */
  clients(localPorts: readonly number[], localAddresses: readonly string[]): Result<readonly ConnectedClient[]>
  close(): void
}
