import type { ConnectedClient } from '../../wire/beacon-clients.ts'
import type { Refusal, Result } from '../result.ts'
import type { Listener, SocketTable } from '../socket-table.ts'

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

  established(localPorts: readonly number[]): Result<ReadonlyMap<number, number>> {
    if (this.#refusal) return this.#refusal
    return { ok: true, value: new Map(localPorts.map((port) => [port, this.#established.get(port) ?? 0])) }
  }

  clients(): Result<readonly ConnectedClient[]> {
    return this.#refusal ?? { ok: true, value: this.#clients }
  }

  close(): void {}
}
