import type { Refusal, Result } from '../../runtime/ports/result.ts'
import type { ConnectionsOf, HeldConnections, Listener, SocketTable } from '../../runtime/ports/sockets/socket-table.ts'
import type { ConnectedClient } from '../../runtime/wire/beacon/clients.ts'

/** A socket table that is written by hand. */
export class FakeSocketTable implements SocketTable {
  readonly #listeners = new Map<string, Listener>()
  readonly #established = new Map<number, number>()
  #clients: readonly ConnectedClient[] = []
  #refusal: Refusal | undefined

  /** A program starts to listen on an IPv4 or IPv6 address; `0.0.0.0` and `::` are unbound. */
  listen(address: string, port: number, v6Only = false): void {
    const family = address.includes(':') ? 6 : 4
    this.#listeners.set(`${address} ${port}`, { family, address, port, v6Only: family === 6 && v6Only })
  }

  /** It no longer does. */
  stopListening(address: string, port: number): void {
    this.#listeners.delete(`${address} ${port}`)
  }

  setEstablished(localPort: number, connections: number): void {
    this.#established.set(localPort, connections)
  }

  setClients(clients: readonly ConnectedClient[]): void {
    this.#clients = clients
  }

  /** From now on every question is refused like this; undefined = no longer. */
  refuse(refusal: Refusal | undefined): void {
    this.#refusal = refusal
  }

  listeners(): Result<readonly Listener[]> {
    return this.#refusal ?? { ok: true, value: [...this.#listeners.values()] }
  }

  /** The connections of each client at the addresses that are asked for. */
  readonly holding = new Map<string, number>()

  holders(localPorts: readonly number[], _addresses: readonly string[], most: number): Result<HeldConnections> {
    if (this.#refusal) return this.#refusal
    const count = localPorts.reduce((sum, port) => sum + (this.#established.get(port) ?? 0), 0)
    const holders = Array.from(this.holding, ([client, connections]) => ({ client, connections }))
    const first = holders.toSorted((one, other) => other.connections - one.connections).slice(0, most)
    return { ok: true, value: { count, holders: first, all: holders.length <= most } }
  }

  clientsByPort(): Result<ReadonlyMap<number, readonly string[]>> {
    return this.#refusal ?? { ok: true, value: new Map() }
  }

  clients(): Result<readonly ConnectedClient[]> {
    return this.#refusal ?? { ok: true, value: this.#clients }
  }

  /** Those that `open` finds, whichever are meant. */
  openConnections = 0
  readonly resets: ConnectionsOf[] = []
  /** What `open` was asked for last. */
  lastOpen: ConnectionsOf | undefined

  open(which: ConnectionsOf): Result<number> {
    this.lastOpen = which
    return this.#refusal ?? { ok: true, value: this.openConnections }
  }

  reset(which: ConnectionsOf, most: number): Result<number> {
    this.resets.push(which)
    const value = Math.min(this.openConnections, most)
    this.openConnections -= value
    return this.#refusal ?? { ok: true, value }
  }

  close(): void {}
}
