import { addressBytes, addressText } from '../ip-address-bytes.ts'
import { UINT32 } from './fields.ts'
import type { BeaconValue } from './msgpack.ts'

/** Clients that a node names; with 20 bytes each they fill one packet at most. */
export const MAX_HOLDERS = 64

/** A client, and its connections to a host. */
export interface ConnectionHolder {
  /** In the canonical form. */
  readonly client: string
  /** 1..2^32-1. */
  readonly connections: number
}

const COUNT_BYTES = 4

/** `[of IPv4, of IPv6]`, as bytes: address and number of each. What is beyond `MAX_HOLDERS` of both is left out. */
export function packHolders(holders: readonly ConnectionHolder[]): readonly BeaconValue[] {
  const packed = holders.slice(0, MAX_HOLDERS).flatMap(({ client, connections }) => {
    const address = addressBytes(client)
    if (address === undefined) return []
    const count = Buffer.alloc(COUNT_BYTES)
    count.writeUInt32BE(Math.min(UINT32, Math.max(1, Math.round(connections) || 1)))
    return [Buffer.concat([address, count])]
  })
  const ofLength = (bytes: 4 | 16) =>
    Uint8Array.from(Buffer.concat(packed.filter(({ length }) => length === bytes + COUNT_BYTES)))
  return [ofLength(4), ofLength(16)]
}

/** Undefined unless both are such lists. */
export function parseHolders(values: readonly unknown[]): ConnectionHolder[] | undefined {
  const [first, second] = values
  const [ipv4, ipv6] = [parseList(first, 4), parseList(second, 16)]
  if (ipv4 === undefined || ipv6 === undefined || ipv4.length + ipv6.length > MAX_HOLDERS) return undefined
  return [...ipv4, ...ipv6].filter(({ connections }) => connections > 0)
}

function parseList(value: unknown, bytes: 4 | 16): ConnectionHolder[] | undefined {
  const length = bytes + COUNT_BYTES
  if (!(value instanceof Uint8Array) || value.length % length !== 0) return undefined
  if (value.length > MAX_HOLDERS * length) return undefined
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.length)
  return Array.from({ length: value.length / length }, (_, index) => index * length).flatMap((at) => {
    const client = addressText(buffer.subarray(at, at + bytes))
    const connections = buffer.readUInt32BE(at + bytes)
    return client === undefined ? [] : [{ client, connections }]
  })
}
