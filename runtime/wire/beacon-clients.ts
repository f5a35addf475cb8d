import { isBytes } from './beacon-fields.ts'
import type { BeaconValue } from './beacon-msgpack.ts'
import { addressBytes, addressText } from './ip-address-bytes.ts'

/** Both together, and a byte more for each, fill one body. */
const MAX_CLIENTS_IPV4 = 4096
const MAX_CLIENTS_IPV6 = 512

/** A client that has connections to a host. */
export interface ConnectedClient {
  /** In the canonical form. */
  readonly address: string
  /** Since it was heard last, over whichever of its connections, in ms. A client whose host was cut off may be long gone. */
  readonly silentMs: number
}

/** `[addresses of IPv4, addresses of IPv6, silences]`, as bytes; a silence for each address, in their order. What does not fit is left out. */
export function packClients(clients: readonly ConnectedClient[]): readonly BeaconValue[] {
  const packed = clients.flatMap(({ address, silentMs }) => {
    const bytes = addressBytes(address)
    return bytes === undefined ? [] : [{ bytes, silence: encodeSilence(silentMs) }]
  })
  const ofLength = (length: number, most: number) =>
    packed.filter(({ bytes }) => bytes.length === length).slice(0, most)
  const [ipv4, ipv6] = [ofLength(4, MAX_CLIENTS_IPV4), ofLength(16, MAX_CLIENTS_IPV6)]
  const addresses = (some: typeof packed) => Uint8Array.from(Buffer.concat(some.map(({ bytes }) => bytes)))
  return [addresses(ipv4), addresses(ipv6), Uint8Array.from([...ipv4, ...ipv6].map(({ silence }) => silence))]
}

/** Undefined unless all three are there, and as long as each other. */
export function parseClients(values: readonly unknown[]): ConnectedClient[] | undefined {
  const [first, second, silences] = values
  const ipv4 = parseAddressList(first, 4, MAX_CLIENTS_IPV4)
  const ipv6 = parseAddressList(second, 16, MAX_CLIENTS_IPV6)
  if (ipv4 === undefined || ipv6 === undefined) return undefined
  const addresses = [...ipv4, ...ipv6]
  if (!isBytes(silences, addresses.length)) return undefined
  return addresses.flatMap((address, index) =>
    address === undefined ? [] : [{ address, silentMs: decodeSilence(silences[index]!) }],
  )
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
