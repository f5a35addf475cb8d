import { type ClientKey, formatClientKey, MAPPED } from '../../runtime/table/client-key.ts'

/** The two ends of the client's connection. */
export interface ProxiedConnection {
  readonly client: ClientKey
  readonly clientPort: number
  /** The VIP and the port that the client connected to. */
  readonly server: ClientKey
  readonly serverPort: number
}

const isIpv4 = (key: ClientKey) => key[0] === 0 && key[1] === 0 && key[2] === MAPPED

/** Writes a PROXY protocol header into `bytes`; returns its length, at most 107: v1 of two IPv6 addresses. */
export function writeProxyHeader(version: 'v1' | 'v2', connection: ProxiedConnection, bytes: Uint8Array): number {
  return version === 'v1' ? writeVersion1(connection, bytes) : writeVersion2(connection, bytes)
}

/** `PROXY TCP4 192.0.2.7 192.0.2.1 51000 9090\r\n` (proxy-protocol.txt §2.1). */
function writeVersion1(connection: ProxiedConnection, bytes: Uint8Array): number {
  const family = isIpv4(connection.client) ? 'TCP4' : 'TCP6'
  const addresses = `${formatClientKey(connection.client)} ${formatClientKey(connection.server)}`
  const line = `PROXY ${family} ${addresses} ${connection.clientPort} ${connection.serverPort}\r\n`
  return new TextEncoder().encodeInto(line, bytes).written
}

/**
 *   0           12       13          14       16
 *   +-----------+--------+-----------+--------+--------+--------+------+------+
 *   | signature | 2 | 1  | AF | STREAM| length | source | dest.  | sport| dport|
 *   +-----------+--------+-----------+--------+--------+--------+------+------+
 * proxy-protocol.txt §2.2: version 2, command PROXY; addresses of 4 or 16 bytes.
 */
const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a)
const VERSION_2_PROXY = 0x21
const TCP_OVER_IPV4 = 0x11
const TCP_OVER_IPV6 = 0x21

function writeVersion2(connection: ProxiedConnection, bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ipv4 = isIpv4(connection.client)
  bytes.set(SIGNATURE)
  view.setUint8(12, VERSION_2_PROXY)
  view.setUint8(13, ipv4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6)
  view.setUint16(14, ipv4 ? 12 : 36)
  let at = 16
  for (const key of [connection.client, connection.server]) {
    for (const word of ipv4 ? key.slice(3) : key) {
      view.setUint32(at, word)
      at += 4
    }
  }
  view.setUint16(at, connection.clientPort)
  view.setUint16(at + 2, connection.serverPort)
  return at + 4
}
