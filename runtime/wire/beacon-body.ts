import { formatIpv4, parseIpv4 } from './addresses.ts'
import type { BeaconType } from './beacon.ts'
import { type ConnectedClient, packClients, parseClients } from './beacon-clients.ts'
import { allOf, clamped, hasTwice, isBytes, isList, isText, isTuple, isWhole, UINT32 } from './beacon-fields.ts'
import { type BeaconValue, packBody, unpackBody } from './beacon-msgpack.ts'
import { type BeaconNode, packNode, parseNode } from './beacon-node.ts'

/** Most nodes of a group, the director included. */
export const MAX_GROUP_NODES = 64
const SLOTS = 4096
/** The owner of a slot that nobody owns. */
const NOBODY = 255
/** Most virtual routers of a node. */
const MAX_LEADS = 8
export const MAX_SETTINGS = 16
export const MAX_SETTING_LENGTH = 256
const DIGEST_BYTES = 8

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

/** Node to all: `[all, generation, addresses of IPv4, addresses of IPv6, silences]`. In place of what the node has said before. */
export interface ClientsBody {
  readonly type: 'clients'
  /** Every client that it has: its gateway has just started, or is about to stop. */
  readonly all: boolean
  /** Of the slots that the sender knew of. */
  readonly generation: number
  /** Who is to stay with the sender: at most 4096 of IPv4 and 512 of IPv6; more are left out. */
  readonly clients: readonly ConnectedClient[]
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
    case 'clients':
      return packBody([body.all, clamped(body.generation, UINT32), ...packClients(body.clients)])
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
      return parseClientsBody(value)
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

function parseClientsBody(value: unknown): ClientsBody | undefined {
  if (!isTuple(value, 5)) return undefined
  const [all, generation, ...rest] = value
  const clients = parseClients(rest)
  if (typeof all !== 'boolean' || !isWhole(generation, 0, UINT32) || clients === undefined) return undefined
  return { type: 'clients', all, generation, clients }
}

function parseOrder(value: unknown): OrderBody | undefined {
  if (!isTuple(value, 2)) return undefined
  const node = parseAddress(value[0])
  const [, draining] = value
  return node === undefined || typeof draining !== 'boolean' ? undefined : { type: 'order', node, draining }
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
