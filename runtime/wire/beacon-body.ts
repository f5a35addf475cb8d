import { formatIpv4, parseIpv4, parseMac } from './addresses.ts'
import type { BeaconType } from './beacon.ts'
import { type BeaconValue, packBody, unpackBody } from './beacon-msgpack.ts'
import { addressBytes, addressText } from './ip-address-bytes.ts'

/** Most nodes of a group, the director included. */
export const MAX_GROUP_NODES = 64
const SLOTS = 4096
/** The owner of a slot that nobody owns. */
const NOBODY = 255
const MAX_NAME_LENGTH = 64
/** Both together fill one body. */
const MAX_CLIENTS_IPV4 = 4096
const MAX_CLIENTS_IPV6 = 512
/** Most virtual routers of a node. */
const MAX_LEADS = 8
/** Most that a node's capacity may be. */
export const MAX_CAPACITY = 1000
const MAX_FAILED_PORTS = 16
export const MAX_SETTINGS = 16
export const MAX_SETTING_LENGTH = 256
const DIGEST_BYTES = 8
const UINT32 = 0xffff_ffff

/** What a node says of itself. Shares are 0..1, on the wire in thousandths. */
export interface BeaconNode {
  /** 1..64 characters, none of them a control character. */
  readonly name: string
  /** Lower-case, colon-separated. */
  readonly mac: string
  readonly monitor: 'ok' | 'failure'
  readonly draining: boolean
  readonly cpu: number
  readonly memory: number
  readonly pressure: number | null
  readonly activeConnections: number
  /** How much of a load it can take beside the others, 1..1000. */
  readonly capacity: number
  /** The share of itself that its own agent says it can give; null: it has no agent, or that says nothing. */
  readonly agent: number | null
  /** Proxy ports that fail; each once, at most 16: more are left out. */
  readonly failedPorts: readonly number[]
  readonly forwarding: 'workers' | 'kernel'
  /** Drains, and no connection to it is left. */
  readonly drained: boolean
}

/** What a director says of another node. */
export interface RosterEntry {
  readonly address: string
  /** Since the director heard it last. */
  readonly ageMs: number
  readonly stale: boolean
  /** Its settings are not the director's. */
  readonly settingsDiffer: boolean
  readonly node: BeaconNode
}

interface SharedFields {
  /** Generation of the assignment that the sender holds; 0 = none. */
  readonly generation: number
  /** The last beacon of a node that stops in order. */
  readonly leaving: boolean
  /** 16 hexadecimal digits. */
  readonly settingsDigest: string
  /** At most 16; keys are words, values of at most 256 characters. A report may leave them out. */
  readonly settings: Readonly<Record<string, string>>
  readonly node: BeaconNode
}

/** Director to all: `[generation, leaving, digest, settings, node, leads, established, roster]`. */
export interface HelloBody extends SharedFields {
  readonly type: 'hello'
  /** The virtual routers that it is director of, by `virtualRouterNumber`, each once; none when it stops. At most 8. */
  readonly leads: readonly number[]
  /** Its assignment has stood for a while: a director that has just begun, or was cut off, follows it. */
  readonly established: boolean
  /** Every node it knows but itself. */
  readonly roster: readonly RosterEntry[]
}

/** Node to director: `[generation, leaving, digest, settings, node]`. */
export interface ReportBody extends SharedFields {
  readonly type: 'report'
}

/** Director to all: `[generation, addresses, slots]`. */
export interface AssignmentBody {
  readonly type: 'assignment'
  readonly generation: number
  /** Management IPs, each once. */
  readonly nodes: readonly string[]
  /** 4096 bytes, each an index into `nodes` or 255 = nobody. */
  readonly slots: Uint8Array
}

/** A virtual router as beacons name it: its VRID, and 256 more for one of IPv6. */
export const virtualRouterNumber = (family: 'ipv4' | 'ipv6', virtualRouterId: number): number =>
  virtualRouterId + (family === 'ipv6' ? 256 : 0)

/** The same for people. */
export const virtualRouterText = (router: number): string =>
  router > 256 ? `VRID ${router - 256} (IPv6)` : `VRID ${router}`

/** Node to all: `[all, addresses of IPv4, addresses of IPv6]`, as bytes. In place of what the node has said before. */
export interface ClientsBody {
  readonly type: 'clients'
  /** Every client that it has: its gateway has just started, or is about to stop. */
  readonly all: boolean
  /** Who is to stay with the sender: at most 4096 of IPv4 and 512 of IPv6; more are left out. */
  readonly clients: readonly string[]
}

/** Node to node: `[node, draining]`. */
export interface OrderBody {
  readonly type: 'order'
  /** Management IP of the node that is meant. */
  readonly node: string
  readonly draining: boolean
}

export type BeaconBody = HelloBody | ReportBody | AssignmentBody | ClientsBody | OrderBody

/** Packs a body. Figures out of range are brought to the nearest that is in it. */
export function packBeaconBody(body: BeaconBody): Uint8Array {
  switch (body.type) {
    case 'hello':
      return packBody([...packShared(body), body.leads, body.established, body.roster.map(packRosterEntry)])
    case 'report':
      return packBody(packShared(body))
    case 'assignment': {
      const addresses = body.nodes.map((address) => parseIpv4(address) ?? 0)
      return packBody([clamped(body.generation, UINT32), addresses, body.slots])
    }
    case 'clients': {
      const addresses = body.clients.flatMap((client) => addressBytes(client) ?? [])
      const packed = (bytes: number, most: number) =>
        Uint8Array.from(Buffer.concat(addresses.filter(({ length }) => length === bytes).slice(0, most)))
      return packBody([body.all, packed(4, MAX_CLIENTS_IPV4), packed(16, MAX_CLIENTS_IPV6)])
    }
    case 'order':
      return packBody([parseIpv4(body.node) ?? 0, body.draining])
    default:
      return body satisfies never
  }
}

/** Unpacks the body of a beacon of that type; undefined unless every field is there, of its type and in its range. */
export function parseBeaconBody(type: BeaconType, bytes: Uint8Array): BeaconBody | undefined {
  const value = unpackBody(bytes)
  switch (type) {
    case 'hello':
      return parseHello(value)
    case 'report': {
      const shared = isTuple(value, 5) ? parseShared(value) : undefined
      return shared && { type: 'report', ...shared }
    }
    case 'assignment':
      return parseAssignment(value)
    case 'clients':
      return parseClients(value)
    case 'order':
      return parseOrder(value)
    default:
      return type satisfies never
  }
}

function packShared(body: SharedFields): BeaconValue[] {
  return [
    clamped(body.generation, UINT32),
    body.leaving,
    Buffer.from(body.settingsDigest, 'hex'),
    Object.entries(body.settings).map(([key, value]) => [key, value]),
    packNode(body.node),
  ]
}

function packNode(node: BeaconNode): BeaconValue {
  return [
    node.name,
    parseMac(node.mac) ?? new Uint8Array(6),
    node.monitor === 'ok',
    node.draining,
    clamped(node.cpu * 1000, 1000),
    clamped(node.memory * 1000, 1000),
    node.pressure === null ? null : clamped(node.pressure * 1000, 1000),
    clamped(node.activeConnections, UINT32),
    Math.max(1, clamped(node.capacity, MAX_CAPACITY)),
    node.agent === null ? null : clamped(node.agent * 1000, 1000),
    packPorts(node.failedPorts),
    node.forwarding === 'kernel',
    node.drained,
  ]
}

/** Two bytes each. */
function packPorts(ports: readonly number[]): Uint8Array {
  return Uint8Array.from(ports.slice(0, MAX_FAILED_PORTS).flatMap((port) => [port >> 8, port & 0xff]))
}

function packRosterEntry(entry: RosterEntry): BeaconValue {
  const { address, ageMs, stale, settingsDiffer, node } = entry
  return [parseIpv4(address) ?? 0, clamped(ageMs, UINT32), stale, settingsDiffer, packNode(node)]
}

function parseHello(value: unknown): HelloBody | undefined {
  if (!isTuple(value, 8)) return undefined
  const shared = parseShared(value.slice(0, 5))
  const [numbers, established, entries] = value.slice(5)
  if (shared === undefined || typeof established !== 'boolean') return undefined
  if (!isList(numbers, MAX_LEADS) || !isList(entries, MAX_GROUP_NODES - 1)) return undefined
  const leads = allOf(numbers, parseVirtualRouter)
  if (leads === undefined || hasTwice(leads)) return undefined
  const roster = allOf(entries, parseRosterEntry)
  if (roster === undefined || hasTwice(roster.map((entry) => entry.address))) return undefined
  return { type: 'hello', ...shared, leads, established, roster }
}

const parseVirtualRouter = (value: unknown) => (isWhole(value, 1, 511) && value !== 256 ? value : undefined)

function parseAssignment(value: unknown): AssignmentBody | undefined {
  if (!isTuple(value, 3)) return undefined
  const [generation, addresses, slots] = value
  if (!isWhole(generation, 0, UINT32) || !isList(addresses, MAX_GROUP_NODES) || !isBytes(slots, SLOTS)) return undefined
  const nodes = allOf(addresses, parseAddress)
  if (nodes === undefined || hasTwice(nodes)) return undefined
  if (!slots.every((owner) => owner === NOBODY || owner < nodes.length)) return undefined
  return { type: 'assignment', generation, nodes, slots: Uint8Array.from(slots) }
}

function parseClients(value: unknown): ClientsBody | undefined {
  if (!isTuple(value, 3)) return undefined
  const [all] = value
  const ipv4 = parseAddressList(value[1], 4, MAX_CLIENTS_IPV4)
  const ipv6 = parseAddressList(value[2], 16, MAX_CLIENTS_IPV6)
  if (typeof all !== 'boolean' || ipv4 === undefined || ipv6 === undefined) return undefined
  return { type: 'clients', all, clients: [...ipv4, ...ipv6] }
}

function parseOrder(value: unknown): OrderBody | undefined {
  if (!isTuple(value, 2)) return undefined
  const node = parseAddress(value[0])
  const [, draining] = value
  return node === undefined || typeof draining !== 'boolean' ? undefined : { type: 'order', node, draining }
}

function parseAddressList(value: unknown, bytes: 4 | 16, most: number): string[] | undefined {
  if (!(value instanceof Uint8Array) || value.length % bytes !== 0 || value.length > bytes * most) return undefined
  const addresses = Array.from({ length: value.length / bytes }, (_, index) =>
    addressText(value.subarray(index * bytes, (index + 1) * bytes)),
  )
  return addresses.filter((address) => address !== undefined)
}

function parseShared(value: readonly unknown[]): SharedFields | undefined {
  const [generation, leaving, digest, settingsList, nodeFields] = value
  const settings = parseSettings(settingsList)
  const node = parseNode(nodeFields)
  if (!isWhole(generation, 0, UINT32) || typeof leaving !== 'boolean' || !isBytes(digest, DIGEST_BYTES))
    return undefined
  if (settings === undefined || node === undefined) return undefined
  return { generation, leaving, settingsDigest: Buffer.from(digest).toString('hex'), settings, node }
}

function parseSettings(value: unknown): Record<string, string> | undefined {
  if (!isList(value, MAX_SETTINGS)) return undefined
  const pairs = allOf(value, (pair) => {
    if (!isTuple(pair, 2)) return undefined
    const [key, text] = pair
    const isKey = typeof key === 'string' && /^[A-Za-z][A-Za-z0-9.-]{0,31}$/.test(key)
    return isKey && isText(text, 0, MAX_SETTING_LENGTH) ? ([key, text] as const) : undefined
  })
  return pairs && Object.fromEntries(pairs)
}

function parseNode(value: unknown): BeaconNode | undefined {
  if (!isTuple(value, 13)) return undefined
  const [name, mac, monitorOk, draining, cpu, memory, pressure, activeConnections] = value
  const [capacity, agent, ports, isKernel, drained] = value.slice(8)
  if (!isText(name, 1, MAX_NAME_LENGTH) || !isBytes(mac, 6)) return undefined
  if (typeof monitorOk !== 'boolean' || typeof draining !== 'boolean') return undefined
  if (!isWhole(cpu, 0, 1000) || !isWhole(memory, 0, 1000)) return undefined
  if (pressure !== null && !isWhole(pressure, 0, 1000)) return undefined
  if (!isWhole(activeConnections, 0, UINT32) || !isWhole(capacity, 1, MAX_CAPACITY)) return undefined
  if ((agent !== null && !isWhole(agent, 0, 1000)) || typeof isKernel !== 'boolean') return undefined
  if (typeof drained !== 'boolean') return undefined
  const failedPorts = parsePorts(ports)
  if (failedPorts === undefined) return undefined
  return {
    name,
    mac: Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join(':'),
    monitor: monitorOk ? 'ok' : 'failure',
    draining,
    cpu: cpu / 1000,
    memory: memory / 1000,
    pressure: pressure === null ? null : pressure / 1000,
    activeConnections,
    capacity,
    agent: agent === null ? null : agent / 1000,
    failedPorts,
    forwarding: isKernel ? 'kernel' : 'workers',
    drained,
  }
}

function parsePorts(value: unknown): number[] | undefined {
  if (!(value instanceof Uint8Array) || value.length % 2 !== 0 || value.length > 2 * MAX_FAILED_PORTS) return undefined
  const ports = Array.from({ length: value.length / 2 }, (_, at) => value[2 * at]! * 256 + value[2 * at + 1]!)
  return ports.includes(0) || hasTwice(ports) ? undefined : ports
}

function parseRosterEntry(value: unknown): RosterEntry | undefined {
  if (!isTuple(value, 5)) return undefined
  const [addressValue, ageMs, stale, settingsDiffer, nodeFields] = value
  const address = parseAddress(addressValue)
  const node = parseNode(nodeFields)
  if (address === undefined || node === undefined || !isWhole(ageMs, 0, UINT32)) return undefined
  if (typeof stale !== 'boolean' || typeof settingsDiffer !== 'boolean') return undefined
  return { address, ageMs, stale, settingsDiffer, node }
}

const parseAddress = (value: unknown) => (isWhole(value, 1, UINT32 - 1) ? formatIpv4(value) : undefined)

/** All elements parsed; undefined where one cannot be. */
function allOf<Parsed>(
  values: readonly unknown[],
  parse: (value: unknown) => Parsed | undefined,
): Parsed[] | undefined {
  const parsed: Parsed[] = []
  for (const value of values) {
    const element = parse(value)
    if (element === undefined) return undefined
    parsed.push(element)
  }
  return parsed
}

/** Not-a-number counts as 0. */
const clamped = (value: number, most: number) => Math.round(Math.min(most, Math.max(0, value || 0)))
const hasTwice = (values: readonly unknown[]) => new Set(values).size !== values.length
const isTuple = (value: unknown, length: number): value is readonly unknown[] =>
  Array.isArray(value) && value.length === length
const isList = (value: unknown, most: number): value is readonly unknown[] =>
  Array.isArray(value) && value.length <= most
const isBytes = (value: unknown, length: number): value is Uint8Array =>
  value instanceof Uint8Array && value.length === length
const isWhole = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
const isText = (value: unknown, least: number, most: number): value is string =>
  typeof value === 'string' && value.length >= least && value.length <= most && !/\p{Cc}/u.test(value)
