import { isIPv6 } from 'node:net'
import { hashOfKey, parseClientKey, SLOT_HASH_SEED } from '../../../runtime/table/client-key.ts'
import { formatIpv4 } from '../../../runtime/wire/addresses.ts'
import type { KnownConnection } from './ruleset-types.ts'

const MODULUS = 0xffff_ffff

/**
 * What tells one connection from another in the maps of the ruleset: the type of its elements, the expression by which packets are looked
 * up, and an element's text. nft 1.0.6 adds to a map by keys of at most 16 bytes: what is longer is overwritten from its 17th byte on by the
 * value. IPv4 fits; of an IPv6 address stands a hash of 32 bits, and beside the client's its own last 32.
 */
export const CONNECTION = {
  4: {
    type: 'type ipv4_addr . inet_service . ipv4_addr . inet_service : mark',
    lookup: 'ip saddr . tcp sport . ip daddr . tcp dport',
  },
  6: {
    // Any four words of the packet: nft has no name for the type of a hash.
    type: 'typeof @nh,160,32 . @th,0,32 . @nh,160,32 . @nh,288,32 : meta mark',
    lookup: `${hashOf('saddr')} . @th,0,32 . @nh,160,32 . ${hashOf('daddr')}`,
  },
} as const

function hashOf(field: 'saddr' | 'daddr'): string {
  return `jhash ip6 ${field} mod ${MODULUS} seed ${SLOT_HASH_SEED}`
}

/** A connection as its node knows it. */
interface ConnectionEnds {
  readonly client: string
  readonly clientPort: number
  readonly virtualIp: string
  readonly originalPort: number
}

export function keyOfConnection(ends: ConnectionEnds): Pick<KnownConnection, 'family' | 'key'> {
  const { client, clientPort, virtualIp, originalPort } = ends
  if (!isIPv6(client)) return { family: 4, key: `${client} . ${clientPort} . ${virtualIp} . ${originalPort}` }
  const [from, to] = [parseClientKey(client), parseClientKey(virtualIp)]
  if (from === undefined || to === undefined) throw new RangeError(`${client} or ${virtualIp} is no address of IPv6.`)
  const words = [hashed(from), clientPort * 2 ** 16 + originalPort, from[3], hashed(to)]
  return { family: 6, key: words.map((word) => word >>> 0).join(' . ') }
}

/** As a packet's hash stands in its register, of a little-endian host, read as nft reads and prints it: in network order. */
function hashed(key: readonly [number, number, number, number]): number {
  const bytes = Buffer.alloc(4)
  // reciprocal_scale() of the kernel: hash x modulus / 2 ** 32.
  bytes.writeUInt32LE(Math.max(0, hashOfKey(...key) - 1))
  return bytes.readUInt32BE()
}

/** The same of an element's key, 16 bytes of four words: of an address and a port each, or four numbers. Undefined where it is none. */
export function keyOfElement(family: 4 | 6, key: Buffer): Pick<KnownConnection, 'family' | 'key'> | undefined {
  if (key.length !== 16) return undefined
  const word = (index: number) => key.readUInt32BE(4 * index)
  if (family === 6) return { family, key: [0, 1, 2, 3].map(word).join(' . ') }
  const [client, virtualIp] = [formatIpv4(word(0)), formatIpv4(word(2))]
  return { family, key: `${client} . ${key.readUInt16BE(4)} . ${virtualIp} . ${key.readUInt16BE(12)}` }
}
