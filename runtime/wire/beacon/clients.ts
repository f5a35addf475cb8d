import { addressBytes, addressText } from '../ip-address-bytes.ts'
import { BEACON_MAX_BODY_BYTES } from './beacon.ts'
import { isBytes } from './fields.ts'
import type { BeaconValue } from './msgpack.ts'

/** Both together, and a byte more for each, fill one body. */
const MAX_CLIENTS_IPV4 = 4096
const MAX_CLIENTS_IPV6 = 512

/** What is left of a body for single connections, of both families together; the others fill the rest. */
const CONNECTIONS_BYTES = BEACON_MAX_BODY_BYTES - 64
const CLIENT_BYTES = { 4: 4 + 1, 16: 16 + 1 } as const

/** One connection of a client to a virtual IP. */
export interface ClientConnection {
  readonly clientPort: number
  /** Of the client's family, in the canonical form. */
  readonly virtualIp: string
  readonly proxyPort: number
}

/** A client that has connections to a host. */
export interface ConnectedClient {
  /** In the canonical form. */
  readonly address: string
  /** Since it was heard last, over whichever of its connections, in ms. A client whose host was cut off may be long gone. */
  readonly silentMs: number
  /** Told one by one where the client has connections to other hosts as well; else none. What there is no room for is left out. */
  readonly connections: readonly ClientConnection[]
}

/**
 * `[addresses of IPv4, addresses of IPv6, silences, connections of IPv4, of IPv6]`, as bytes; a silence for each address, in their order. A
 * connection is the index of its address, both ports, and the virtual IP. What does not fit is left out, connections first.
 *
 *     0           2              4             6
 *     | index     | client port  | proxy port  | virtual IP: 4 or 16 bytes |
 */
export function packClients(clients: readonly ConnectedClient[]): readonly BeaconValue[] {
  const packed = clients.flatMap(({ address, silentMs, connections }) => {
    const bytes = addressBytes(address)
    return bytes === undefined ? [] : [{ bytes, silence: encodeSilence(silentMs), connections }]
  })
  const ofLength = (length: number, most: number) =>
    packed.filter(({ bytes }) => bytes.length === length).slice(0, most)
  const [ipv4, ipv6] = [ofLength(4, MAX_CLIENTS_IPV4), ofLength(16, MAX_CLIENTS_IPV6)]
  const addresses = (some: typeof packed) => Uint8Array.from(Buffer.concat(some.map(({ bytes }) => bytes)))
  const silences = Uint8Array.from([...ipv4, ...ipv6].map(({ silence }) => silence))
  const room = CONNECTIONS_BYTES - ipv4.length * CLIENT_BYTES[4] - ipv6.length * CLIENT_BYTES[16]
  const first = packConnections(ipv4, 4, room)
  return [addresses(ipv4), addresses(ipv6), silences, first, packConnections(ipv6, 16, room - first.length)]
}

function packConnections(
  clients: readonly Pick<ConnectedClient, 'connections'>[],
  bytes: 4 | 16,
  roomBytes: number,
): Uint8Array {
  const length = CONNECTION_HEAD_BYTES + bytes
  const packed = clients.flatMap(({ connections }, index) =>
    connections.flatMap(({ clientPort, proxyPort, virtualIp }) => {
      const address = addressBytes(virtualIp)
      if (address?.length !== bytes) return []
      const head = Buffer.alloc(CONNECTION_HEAD_BYTES)
      head.writeUInt16BE(index, 0)
      head.writeUInt16BE(clientPort, 2)
      head.writeUInt16BE(proxyPort, 4)
      return [Buffer.concat([head, address])]
    }),
  )
  return Uint8Array.from(Buffer.concat(packed.slice(0, Math.max(0, Math.floor(roomBytes / length)))))
}

/** Of the clients of that family, by their index; undefined where the bytes are not such a list. */
function parseConnections(value: unknown, bytes: 4 | 16, clients: number): Map<number, ClientConnection[]> | undefined {
  const length = CONNECTION_HEAD_BYTES + bytes
  if (!(value instanceof Uint8Array) || value.length % length !== 0) return undefined
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.length)
  const found = new Map<number, ClientConnection[]>()
  for (let at = 0; at < buffer.length; at += length) {
    const index = buffer.readUInt16BE(at)
    const virtualIp = addressText(buffer.subarray(at + CONNECTION_HEAD_BYTES, at + length))
    if (index >= clients || virtualIp === undefined) return undefined
    const connection = { clientPort: buffer.readUInt16BE(at + 2), virtualIp, proxyPort: buffer.readUInt16BE(at + 4) }
    found.set(index, [...(found.get(index) ?? []), connection])
  }
  return found
}

const CONNECTION_HEAD_BYTES = 6

/** Undefined unless all five are there, and fit each other. */
export function parseClients(values: readonly unknown[]): ConnectedClient[] | undefined {
  const [first, second, silences, third, fourth] = values
  const ipv4 = parseAddressList(first, 4, MAX_CLIENTS_IPV4)
  const ipv6 = parseAddressList(second, 16, MAX_CLIENTS_IPV6)
  if (ipv4 === undefined || ipv6 === undefined) return undefined
  const addresses = [...ipv4, ...ipv6]
  const [ofIpv4, ofIpv6] = [parseConnections(third, 4, ipv4.length), parseConnections(fourth, 16, ipv6.length)]
  if (!isBytes(silences, addresses.length) || ofIpv4 === undefined || ofIpv6 === undefined) return undefined
  return addresses.flatMap((address, index) => {
    const connections = (index < ipv4.length ? ofIpv4.get(index) : ofIpv6.get(index - ipv4.length)) ?? []
    return address === undefined ? [] : [{ address, silentMs: decodeSilence(silences[index]!), connections }]
  })
}

/** Eight steps for each doubling: a twelfth of a silence is as much as nobody has to know. */
const STEPS = 8
const FINEST_MS = 16

const encodeSilence = (ms: number): number =>
  Math.min(255, Math.round(STEPS * Math.log2(1 + Math.max(0, ms || 0) / FINEST_MS)))
const decodeSilence = (code: number): number => FINEST_MS * (2 ** (code / STEPS) - 1)

function parseAddressList(value: unknown, bytes: 4 | 16, most: number): (string | undefined)[] | undefined {
  if (!(value instanceof Uint8Array) || value.length % bytes !== 0 || value.length > bytes * most) return undefined
  return Array.from({ length: value.length / bytes }, (_, index) =>
    addressText(value.subarray(index * bytes, (index + 1) * bytes)),
  )
}
