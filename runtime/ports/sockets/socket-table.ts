import type { ConnectedClient } from '../../wire/beacon/clients.ts'
import type { ConnectionHolder } from '../../wire/beacon/holders.ts'
import type { Result } from '../result.ts'

export interface Listener {
  readonly family: 4 | 6
  /** Local address; `0.0.0.0` or `::` when unbound. */
  readonly address: string
  readonly port: number
  /** IPV6_V6ONLY: a `::` listener that does not take IPv4. False for IPv4. */
  readonly v6Only: boolean
}

/** Whose connections are meant: those whose local address is one of these, or whose peer is. */
export interface ConnectionsOf {
  readonly localPorts: readonly number[]
  readonly localAddresses: readonly string[]
  readonly peerAddresses: readonly string[]
}

/** Established connections, by who has them. */
export interface HeldConnections {
  readonly count: number
  /** Who has most, most first. */
  readonly holders: readonly ConnectionHolder[]
  /** Nobody else has any. */
  readonly all: boolean
}

/** What the kernel knows of TCP sockets in this network namespace (sock_diag). */
export interface SocketTable {
  listeners(): Result<readonly Listener[]>
  /** How many established connections there are to these ports, and who has those of them that are to one of these addresses. */
  holders(localPorts: readonly number[], localAddresses: readonly string[], most: number): Result<HeldConnections>
  /** The same of every port that is listened on, of connections to one of these addresses: by port, each client once. */
  clientsByPort(localAddresses: readonly string[]): Result<ReadonlyMap<number, readonly string[]>>
  /** Who has open connections, also half-closed ones, to one of these ports at one of these addresses; each once, with all of them. */
  clients(localPorts: readonly number[], localAddresses: readonly string[]): Result<readonly ConnectedClient[]>
  /** How many of these are not over yet: also half-closed ones, handshakes, and what has yet to be acknowledged. */
  open(which: ConnectionsOf): Result<number>
  /** Resets those, at most `most` of them: both ends are told. How many were. Needs CAP_NET_ADMIN. */
  reset(which: ConnectionsOf, most: number): Result<number>
  close(): void
}
