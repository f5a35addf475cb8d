import { formatIpv4, parseIpv4 } from '../addresses.ts'
import { MAX_GROUP_NODES, MAX_INSTANCES, NOBODY, SLOT_COUNT } from '../group-bounds.ts'
import type { BeaconType } from './beacon.ts'
import { type ConnectedClient, packClients, parseClients } from './clients.ts'
import { allOf, clamped, hasFields, hasTwice, isBytes, isList, isText, isWhole, UINT32 } from './fields.ts'
import { type ConnectionHolder, packHolders, parseHolders } from './holders.ts'
import { type BeaconValue, packBody, unpackBody } from './msgpack.ts'
import { type BeaconNode, packNode, parseNode } from './node.ts'
import { packTied, parseTied, type TiedClient } from './tied-clients.ts'

export const MAX_SETTINGS = 16
export const MAX_SETTING_LENGTH = 256
/** Most nodes that a report names. */
export const MAX_MISSED = 8
const DIGEST_BYTES = 8

/** What is said of another node. */
export interface RosterEntry {
  readonly address: string
  /** Since it was heard last, by a director. */
  readonly ageMs: number
  readonly stale: boolean
  /** It said goodbye. */
  readonly left: boolean
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
  /** Every node it knows but itself, also those that are gone for long. */
  readonly roster: readonly RosterEntry[]
}

/** Node to director: `[generation, leaving, digest, settings, node]`, and `missed` where there are any. */
export interface ReportBody extends SharedFields {
  readonly type: 'report'
  /** Nodes that are gone, and that the director's hello did not name; at most 8. */
  readonly missed: readonly RosterEntry[]
}

/** Director to all: `[generation, addresses, slots]`, and the tied clients of IPv4 and of IPv6 where there are any. */
export interface AssignmentBody {
  readonly type: 'assignment'
  readonly generation: number
  /** Management IPs, each once. */
  readonly nodes: readonly string[]
  /** 4096 bytes, each an index into `nodes` or 255 = nobody. */
  readonly slots: Uint8Array
  /** Each client once; at most 256. */
  readonly tied: readonly TiedClient[]
}

/** A virtual router as beacons name it: its VRID, and 256 more for one of IPv6. */
export const virtualRouterNumber = (family: 'ipv4' | 'ipv6', virtualRouterId: number): number =>
  virtualRouterId + (family === 'ipv6' ? 256 : 0)

/** The same for people. */
export const virtualRouterText = (router: number): string =>
  router > 256 ? `VRID ${router - 256} (IPv6)` : `VRID ${router}`

/** Node to all: `[all, generation, addresses of IPv4, of IPv6, silences, connections of IPv4, of IPv6]`. In place of what the node has said before. */
export interface ClientsBody {
  readonly type: 'clients'
  /** Every client that it has: its gateway has just started, or is about to stop. */
  readonly all: boolean
  /** Of the slots that the sender knew of. */
  readonly generation: number
  /** Who is to stay with the sender: at most 4096 of IPv4 and 512 of IPv6; more are left out. */
  readonly clients: readonly ConnectedClient[]
}

/** Node to node: `[node, draining, maintMs]`. */
export interface OrderBody {
  readonly type: 'order'
  /** Management IP of the node that is meant. */
  readonly node: string
  readonly draining: boolean
  /** For maintenance: what is open is reset after so long. Null: it is left alone. */
  readonly maintMs: number | null
}

/** Node to all: `[node]`. It is gone, and not to be missed any more. */
export interface ForgetBody {
  readonly type: 'forget'
  /** Management IP of the node that is meant. */
  readonly node: string
}

/** Node to director: `[all, of IPv4, of IPv6]`. In place of what the node has said before. */
export interface HoldersBody {
  readonly type: 'holders'
  /** Nobody else has connections to it. */
  readonly all: boolean
  /** Who has most connections to its proxies: at most 64. */
  readonly holders: readonly ConnectionHolder[]
}

export type BeaconBody = HelloBody | ReportBody | AssignmentBody | ClientsBody | OrderBody | ForgetBody | HoldersBody

/** Packs a body. Figures out of range are brought to the nearest that is in it. */
export function packBeaconBody(body: BeaconBody): Uint8Array {
  switch (body.type) {
    case 'hello':
      return packBody([...packShared(body), body.leads, body.established, body.roster.map(packRosterEntry)])
    case 'report':
      return packBody([...packShared(body), ...(body.missed.length === 0 ? [] : [body.missed.map(packRosterEntry)])])
    case 'assignment': {
      const addresses = body.nodes.map((address) => parseIpv4(address) ?? 0)
      const tied = body.tied.length === 0 ? [] : packTied(body.tied)
      return packBody([clamped(body.generation, UINT32), addresses, body.slots, ...tied])
    }
    case 'clients':
      return packBody([body.all, clamped(body.generation, UINT32), ...packClients(body.clients)])
    case 'order':
      return packBody([
        parseIpv4(body.node) ?? 0,
        body.draining,
        body.maintMs === null ? null : clamped(body.maintMs, UINT32),
      ])
    case 'forget':
      return packBody([parseIpv4(body.node) ?? 0])
    case 'holders':
      return packBody([body.all, ...packHolders(body.holders)])
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
    case 'report':
      return parseReport(value)
    case 'assignment':
      return parseAssignment(value)
    case 'clients':
      return parseClientsBody(value)
    case 'order':
      return parseOrder(value)
    case 'forget': {
      const node = hasFields(value, 1) ? parseAddress(value[0]) : undefined
      return node === undefined ? undefined : { type: 'forget', node }
    }
    case 'holders':
      return parseHoldersBody(value)
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
  const { address, ageMs, stale, left, settingsDiffer, node } = entry
  return [parseIpv4(address) ?? 0, clamped(ageMs, UINT32), stale, left, settingsDiffer, packNode(node)]
}

function parseHello(value: unknown): HelloBody | undefined {
  if (!hasFields(value, 8)) return undefined
  const shared = parseShared(value.slice(0, 5))
  const [numbers, established, entries] = value.slice(5)
  if (shared === undefined || typeof established !== 'boolean') return undefined
  if (!isList(numbers, MAX_INSTANCES) || !isList(entries, MAX_GROUP_NODES - 1)) return undefined
  const leads = allOf(numbers, parseVirtualRouter)
  if (leads === undefined || hasTwice(leads)) return undefined
  const roster = parseRoster(entries)
  if (roster === undefined) return undefined
  return { type: 'hello', ...shared, leads, established, roster }
}

function parseReport(value: unknown): ReportBody | undefined {
  if (!hasFields(value, 5)) return undefined
  const shared = parseShared(value.slice(0, 5))
  const [missedValue = []] = value.slice(5)
  const missed = isList(missedValue, MAX_MISSED) ? parseRoster(missedValue) : undefined
  return shared && missed && { type: 'report', ...shared, missed }
}

function parseRoster(entries: readonly unknown[]): RosterEntry[] | undefined {
  const roster = allOf(entries, parseRosterEntry)
  return roster === undefined || hasTwice(roster.map((entry) => entry.address)) ? undefined : roster
}

const parseVirtualRouter = (value: unknown) => (isWhole(value, 1, 511) && value !== 256 ? value : undefined)

function parseAssignment(value: unknown): AssignmentBody | undefined {
  if (!hasFields(value, 3)) return undefined
  const [generation, addresses, slots, ...others] = value
  const tied = others.length === 0 ? [] : parseTied(others)
  if (
    tied === undefined ||
    !isWhole(generation, 0, UINT32) ||
    !isList(addresses, MAX_GROUP_NODES) ||
    !isBytes(slots, SLOT_COUNT)
  )
    return undefined
  const nodes = allOf(addresses, parseAddress)
  if (nodes === undefined || hasTwice(nodes)) return undefined
  if (!slots.every((owner) => owner === NOBODY || owner < nodes.length)) return undefined
  return { type: 'assignment', generation, nodes, slots: Uint8Array.from(slots), tied }
}

function parseClientsBody(value: unknown): ClientsBody | undefined {
  if (!hasFields(value, 7)) return undefined
  const [all, generation, ...rest] = value
  const clients = parseClients(rest.slice(0, 5))
  if (typeof all !== 'boolean' || !isWhole(generation, 0, UINT32) || clients === undefined) return undefined
  return { type: 'clients', all, generation, clients }
}

function parseHoldersBody(value: unknown): HoldersBody | undefined {
  if (!hasFields(value, 3)) return undefined
  const [all, ...lists] = value
  const holders = parseHolders(lists.slice(0, 2))
  return typeof all === 'boolean' && holders !== undefined ? { type: 'holders', all, holders } : undefined
}

function parseOrder(value: unknown): OrderBody | undefined {
  if (!hasFields(value, 3)) return undefined
  const node = parseAddress(value[0])
  const [, draining, maintMs] = value
  if (node === undefined || typeof draining !== 'boolean') return undefined
  if (maintMs !== null && !(draining && isWhole(maintMs, 0, UINT32))) return undefined
  return { type: 'order', node, draining, maintMs }
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
    if (!hasFields(pair, 2)) return undefined
    const [key, text] = pair
    const isKey = typeof key === 'string' && /^[A-Za-z][A-Za-z0-9.-]{0,31}$/.test(key)
    return isKey && isText(text, 0, MAX_SETTING_LENGTH) ? ([key, text] as const) : undefined
  })
  return pairs && Object.fromEntries(pairs)
}

function parseRosterEntry(value: unknown): RosterEntry | undefined {
  if (!hasFields(value, 6)) return undefined
  const [addressValue, ageMs, stale, left, settingsDiffer, nodeFields] = value
  const address = parseAddress(addressValue)
  const node = parseNode(nodeFields)
  if (address === undefined || node === undefined || !isWhole(ageMs, 0, UINT32)) return undefined
  if (typeof stale !== 'boolean' || typeof left !== 'boolean' || typeof settingsDiffer !== 'boolean') return undefined
  return { address, ageMs, stale, left, settingsDiffer, node }
}

const parseAddress = (value: unknown) => (isWhole(value, 1, UINT32 - 1) ? formatIpv4(value) : undefined)
