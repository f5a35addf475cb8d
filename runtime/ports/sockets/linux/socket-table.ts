import type { ClientConnection, ConnectedClient } from '../../../wire/beacon/clients.ts'
import { addressBytes, addressText } from '../../../wire/ip-address-bytes.ts'
import type { NetlinkMessage } from '../../netlink/linux/netlink-messages.ts'
import { NetlinkSocket } from '../../netlink/linux/netlink-socket.ts'
import { type Result, refused } from '../../result.ts'
import type { ConnectionsOf, HeldConnections, Listener, SocketTable } from '../socket-table.ts'
import { NETLINK_SOCK_DIAG } from './libc.ts'
import {
  encodeDestruction,
  encodeSocketRequest,
  FILTER_PORTS_MAX,
  parseEnds,
  parseKeys,
  parseListener,
  parseUnfinished,
  SOCK_DESTROY,
  SOCK_DIAG_BY_FAMILY,
  type TcpState,
  type UnfinishedConnection,
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
  holders(localPorts: readonly number[], localAddresses: readonly string[], most: number): Result<HeldConnections> {
    if (localPorts.length === 0) return { ok: true, value: { count: 0, holders: [], all: true } }
    if (localPorts.length > FILTER_PORTS_MAX) return refused('E2BIG', `more than ${FILTER_PORTS_MAX} ports`)
    const found = this.#dump('established', localPorts, parseKeys)
    if (!found.ok) return found
    const ours = new Set(localAddresses.map((address) => Buffer.from(addressBytes(address) ?? []).toString('latin1')))
    const counts = new Map<string, number>()
    for (const { local, peer } of found.value) if (ours.has(local)) counts.set(peer, (counts.get(peer) ?? 0) + 1)
    const first = [...counts].toSorted(([, one], [, other]) => other - one).slice(0, most)
    const holders = first.flatMap(([peer, connections]) => {
      const client = addressText(Buffer.from(peer, 'latin1'))
      return client === undefined ? [] : [{ client, connections }]
    })
    return { ok: true, value: { count: found.value.length, holders, all: counts.size <= most } }
  }

  clientsByPort(localAddresses: readonly string[]): Result<ReadonlyMap<number, readonly string[]>> {
    const listeners = this.listeners()
    if (!listeners.ok) return listeners
    const found = this.#dump('established', undefined, parseEnds, true)
    if (!found.ok) return found
    const [ports, ours] = [new Set(listeners.value.map(({ port }) => port)), new Set(localAddresses)]
    const ends = found.value.filter(({ local, localPort }) => ours.has(local) && ports.has(localPort))
    const byPort = Map.groupBy(ends, ({ localPort }) => localPort)
    return {
      ok: true,
      value: new Map(Array.from(byPort, ([port, at]) => [port, [...new Set(at.map(({ peer }) => peer))]])),
    }
  }

  clients(localPorts: readonly number[], localAddresses: readonly string[]): Result<readonly ConnectedClient[]> {
    if (localPorts.length > FILTER_PORTS_MAX) return refused('E2BIG', `more than ${FILTER_PORTS_MAX} ports`)
    const ends = localPorts.length === 0 ? undefined : this.#dump('unfinished', localPorts, parseEnds, true)
    if (ends === undefined) return { ok: true, value: [] }
    if (!ends.ok) return ends
    const ours = new Set(localAddresses)
    const clients = new Map<string, { silentMs: number; connections: ClientConnection[] }>()
    for (const { local: virtualIp, localPort: proxyPort, peer, peerPort: clientPort, silentMs } of ends.value) {
      if (!ours.has(virtualIp)) continue
      const client = clients.get(peer) ?? { silentMs, connections: [] }
      client.silentMs = Math.min(client.silentMs, silentMs)
      client.connections.push({ clientPort, virtualIp, proxyPort })
      clients.set(peer, client)
    }
    return { ok: true, value: Array.from(clients, ([address, client]) => ({ address, ...client })) }
  }

  open(which: ConnectionsOf): Result<number> {
    const found = this.#unfinished(which)
    return found.ok ? { ok: true, value: found.value.length } : found
  }

  reset(which: ConnectionsOf, most: number): Result<number> {
    const found = this.#unfinished(which)
    if (!found.ok) return found
    let reset = 0
    for (const connection of found.value.slice(0, most)) {
      const done = this.#socket.request(SOCK_DESTROY, 0, encodeDestruction(connection), () => undefined)
      if (done.ok) reset++
      // It has ended meanwhile.
      else if (done.code !== 'ENOENT') return done
    }
    return { ok: true, value: reset }
  }

  #unfinished({ localPorts, localAddresses, peerAddresses }: ConnectionsOf): Result<readonly UnfinishedConnection[]> {
    if (localPorts.length === 0) return { ok: true, value: [] }
    if (localPorts.length > FILTER_PORTS_MAX) return refused('E2BIG', `more than ${FILTER_PORTS_MAX} ports`)
    const found = this.#dump('unfinished', localPorts, parseUnfinished)
    if (!found.ok) return found
    const [locals, peers] = [new Set(localAddresses), new Set(peerAddresses)]
    return { ok: true, value: found.value.filter(({ local, peer }) => locals.has(local) || peers.has(peer)) }
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
