import { formatIpv4, parseIpv4 } from '../addresses.ts'
import { MAX_TIED } from '../group-bounds.ts'
import { addressBytes, addressText } from '../ip-address-bytes.ts'
import type { BeaconValue } from './msgpack.ts'

/** A client that an operator has tied to a node: its new connections go there, as long as that node takes any. */
export interface TiedClient {
  /** In the canonical form. */
  readonly client: string
  /** Management IP. */
  readonly node: string
}

const NODE_BYTES = 4

/** `[of IPv4, of IPv6]`, as bytes: address and node of each. What is beyond `MAX_TIED` is left out. */
export function packTied(tied: readonly TiedClient[]): readonly BeaconValue[] {
  const packed = tied.slice(0, MAX_TIED).flatMap(({ client, node }) => {
    const address = addressBytes(client)
    if (address === undefined) return []
    const owner = Buffer.alloc(NODE_BYTES)
    owner.writeUInt32BE(parseIpv4(node) ?? 0)
    return [Buffer.concat([address, owner])]
  })
  const ofLength = (bytes: 4 | 16) =>
    Uint8Array.from(Buffer.concat(packed.filter(({ length }) => length === bytes + NODE_BYTES)))
  return [ofLength(4), ofLength(16)]
}

/** Undefined unless both are such lists, and no client is in them twice. */
export function parseTied(values: readonly unknown[]): TiedClient[] | undefined {
  const [ipv4, ipv6] = [parseList(values[0], 4), parseList(values[1], 16)]
  if (ipv4 === undefined || ipv6 === undefined || ipv4.length + ipv6.length > MAX_TIED) return undefined
  const tied = [...ipv4, ...ipv6]
  return new Set(tied.map(({ client }) => client)).size === tied.length ? tied : undefined
}

function parseList(value: unknown, bytes: 4 | 16): TiedClient[] | undefined {
  const length = bytes + NODE_BYTES
  if (!(value instanceof Uint8Array) || value.length % length !== 0) return undefined
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.length)
  return Array.from({ length: value.length / length }, (_, index) => index * length).flatMap((at) => {
    const client = addressText(buffer.subarray(at, at + bytes))
    const node = formatIpv4(buffer.readUInt32BE(at + bytes))
    return client === undefined ? [] : [{ client, node }]
  })
}
