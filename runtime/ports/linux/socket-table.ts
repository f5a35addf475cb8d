import type { ConnectedClient } from '../../wire/beacon-clients.ts'
import { type Result, refused } from '../result.ts'
import type { Listener, SocketTable } from '../socket-table.ts'
import { NETLINK_SOCK_DIAG } from './libc.ts'
import type { NetlinkMessage } from './netlink-messages.ts'
import { NetlinkSocket } from './netlink-socket.ts'
import {
  encodeSocketRequest,
  FILTER_PORTS_MAX,
  parseEnds,
  parseListener,
  parseLocalPort,
  SOCK_DIAG_BY_FAMILY,
  type TcpState,
} from './sock-diag-messages.ts'

/** sock_diag in the network namespace of the calling thread. Needs no privilege. */
export function openLinuxSocketTable(): Result<SocketTable> {
  const socket = NetlinkSocket.open(NETLINK_SOCK_DIAG)
  return socket.ok ? { ok: true, value: new LinuxSocketTable(socket.value) } : socket
}

class LinuxSocketTable implements SocketTable {
  readonly #socket: NetlinkSocket

  constructor(socket: NetlinkSocket) {
    this.#socket = socket
  }

  listeners(): Result<readonly Listener[]> {
    return this.#dump('listen', undefined, parseListener)
  }

  /** A connection over IPv4 that an IPv6 listener accepted counts too; one that the listener has not accepted yet as well. */
  established(localPorts: readonly number[]): Result<ReadonlyMap<number, number>> {
    const counts = new Map(localPorts.map((port) => [port, 0]))
    if (counts.size === 0) return { ok: true, value: counts }
    if (counts.size > FILTER_PORTS_MAX) return refused('E2BIG', `more than ${FILTER_PORTS_MAX} ports`)
    const ports = this.#dump('established', [...counts.keys()], parseLocalPort)
    if (!ports.ok) return ports
    for (const port of ports.value) {
      const count = counts.get(port)
      if (count !== undefined) counts.set(port, count + 1)
    }
    return { ok: true, value: counts }
  }

  clients(localPorts: readonly number[], localAddresses: readonly string[]): Result<readonly ConnectedClient[]> {
    if (localPorts.length > FILTER_PORTS_MAX) return refused('E2BIG', `more than ${FILTER_PORTS_MAX} ports`)
    const ends = localPorts.length === 0 ? undefined : this.#dump('established', localPorts, parseEnds, true)
    if (ends === undefined) return { ok: true, value: [] }
    if (!ends.ok) return ends
    const ours = new Set(localAddresses)
    const silences = new Map<string, number>()
    for (const { local, peer, silentMs } of ends.value) {
      if (ours.has(local)) silences.set(peer, Math.min(silentMs, silences.get(peer) ?? silentMs))
    }
    return { ok: true, value: Array.from(silences, ([address, silentMs]) => ({ address, silentMs })) }
  }

  close(): void {
    this.#socket.close()
  }

  #dump<Value>(
    state: TcpState,
    localPorts: readonly number[] | undefined,
    parse: (payload: Buffer) => Value | undefined,
    withInfo = false,
  ): Result<readonly Value[]> {
    const parseReply = ({ type, payload }: NetlinkMessage): Value | undefined =>
      type === SOCK_DIAG_BY_FAMILY ? parse(payload) : undefined
    const ipv4 = this.#socket.dump(SOCK_DIAG_BY_FAMILY, encodeSocketRequest(4, state, localPorts, withInfo), parseReply)
    if (!ipv4.ok) return ipv4
    const ipv6 = this.#socket.dump(SOCK_DIAG_BY_FAMILY, encodeSocketRequest(6, state, localPorts, withInfo), parseReply)
    return ipv6.ok ? { ok: true, value: [...ipv4.value, ...ipv6.value] } : ipv6
  }
}
