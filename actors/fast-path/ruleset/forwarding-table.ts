import { isIPv6 } from 'node:net'
import { counter, elementCommands, keySet, type NftSet, type NftTable } from '../../../runtime/ports/nft/nft-table.ts'
import { MAX_NODES, SLOT_COUNT } from '../../../runtime/table/layout.ts'
import { MAX_TIED } from '../../../runtime/wire/group-bounds.ts'
import { hexOfIpv6 } from '../../../runtime/wire/ip-address-bytes.ts'
import { CONNECTION } from './connection-key.ts'
import {
  CONNECTIONS,
  MARK_BEGUN,
  MARK_CONNECTION,
  MARK_DIVIDED,
  MARK_ENDING,
  OWN_COUNTERS,
  PINS,
  REACHABLE,
  STAYING,
  TAKERS,
  TIED,
  TOLD,
  UNPINNED,
  UNRECORDED,
} from './forwarding-names.ts'
import { forwardingChains } from './forwarding-rules.ts'
import { type PortMapping, portMappingOf } from './port-mapping.ts'
import type { KnownConnection, Pin, Ruleset } from './ruleset-types.ts'

/** Where the forwarding lives. */
export const FORWARDING = { family: 'netdev', name: 'proxyha' } as const

/** VRRP cannot carry more addresses than 255. A size known in advance makes a set a plain hash table. */
const VIRTUAL_IPS_MAX = 256
/** Of divided clients, and those that begin while a new director does not know yet who stays where. */
export const CONNECTIONS_MAX = 262_144
/** What 64 nodes can say in their beacons, and more. */
export const STAYING_MAX = 262_144

export function forwardingTable(ruleset: Ruleset): NftTable {
  const mapping = portMappingOf(ruleset.redirects)
  return {
    ...FORWARDING,
    sets: [
      ...addressSets(ruleset),
      ...nodeSets(ruleset),
      ...portSets(mapping),
      ...pinMaps(ruleset),
      ...stayingMaps(),
      ...tiedMaps(ruleset),
      ...connectionMaps(),
      ...[UNPINNED, UNRECORDED, ...OWN_COUNTERS].map(counter),
      ...fence(ruleset),
    ],
    chains: forwardingChains(ruleset, mapping),
  }
}

function addressSets({ virtualIps }: Ruleset): NftSet[] {
  const familyOf = (isOfFamily: (address: string) => boolean, n: 4 | 6) => {
    const ours = virtualIps.filter(({ address }) => isOfFamily(address))
    const duties = ours.map(
      ({ address, role }) => [address, ` : goto ${role === 'node' ? 'serve' : 'direct'}${n}`] as const,
    )
    const silent = ours.filter(({ role }) => role !== 'director').map(({ address }) => address)
    return { all: ours.map(({ address }) => address), duties: new Map(duties), silent }
  }
  const [v4, v6] = [familyOf((address) => !isIPv6(address), 4), familyOf(isIPv6, 6)]
  const size = `size ${VIRTUAL_IPS_MAX};`
  return [
    { kind: 'map', name: 'duties4', declaration: `type ipv4_addr : verdict; ${size}`, elements: v4.duties },
    { kind: 'map', name: 'duties6', declaration: `type ipv6_addr : verdict; ${size}`, elements: v6.duties },
    keySet('vips4', `type ipv4_addr; ${size}`, v4.all),
    keySet('vips6', `type ipv6_addr; ${size}`, v6.all),
    keySet('silent4', `type ipv4_addr; ${size}`, v4.silent),
    // The target of a neighbour solicitation has no name in nft 1.0.6 (`icmpv6 taddr` is later).
    keySet('silent6', `typeof @th,64,128; ${size}`, v6.silent.map(hexOfIpv6)),
  ]
}

function nodeSets({ nodes, mac, slots, former, formerMacs = [] }: Ruleset): NftSet[] {
  const placed = nodes.map((node) => ({ ...node, place: ` : ${node.self ? mac : node.mac}` }))
  const takers = placed.filter(({ takesNew }) => takesNew).map(({ mark, place }) => [`${mark}`, place] as const)
  const reachable = placed.filter(({ reachable }) => reachable)
  const kinds = [0, MARK_DIVIDED, MARK_DIVIDED | MARK_BEGUN, MARK_CONNECTION, MARK_CONNECTION | MARK_ENDING]
  const marks = reachable.flatMap(({ mark, place }) => kinds.map((kind) => [`${mark | kind}`, place] as const))
  const usual = reachable.filter(({ takesNew }) => takesNew).map(({ mark, place }) => [`${mark}`, place] as const)
  const map = (name: string, most: number, elements: readonly (readonly [string, string])[], counted = '') => {
    const declaration = `type mark : ether_addr; size ${most};${counted}`
    return { kind: 'map', name, declaration, elements: new Map(elements) } as const
  }
  const members = placed.filter(({ self }) => !self).map((node) => node.mac)
  // Those of now first, where there is not room for all.
  const known = [...new Set([...members, ...formerMacs.filter((before) => before !== mac)])].slice(0, MAX_NODES)
  return [
    keySet('members', `type ether_addr; size ${MAX_NODES};`, known),
    // Each packet looks up one element just once: a counter of each node for nothing.
    map('macs', MAX_NODES, usual, ' counter;'),
    map(TAKERS, MAX_NODES, takers, ' counter;'),
    map(REACHABLE, MAX_NODES * kinds.length, marks, ' counter;'),
    slotMap('slots', slots, plainSlots),
    // Who is pinned by such a slot may open new connections elsewhere.
    slotMap('former', former ?? NO_SLOTS, dividedSlots),
  ]
}

const NO_SLOTS = new Uint8Array(SLOT_COUNT)

type SlotElements = (marks: Uint8Array) => ReadonlyMap<string, string>

/** Nearly every event compares two rulesets with the same slots, and 4096 texts take milliseconds: they are made once for each array. */
function rememberedSlots(kind: number): SlotElements {
  const known = new WeakMap<Uint8Array, ReadonlyMap<string, string>>()
  return (marks) => {
    const made = known.get(marks) ?? slotElements(marks, kind)
    known.set(marks, made)
    return made
  }
}

function slotElements(marks: Uint8Array, kind: number): ReadonlyMap<string, string> {
  const owned = Array.from(marks.subarray(0, SLOT_COUNT), (mark, slot) => [`${slot}`, ` : ${mark | kind}`] as const)
  return new Map(owned.filter((_, slot) => marks[slot] !== 0))
}

const plainSlots = rememberedSlots(0)
const dividedSlots = rememberedSlots(MARK_DIVIDED)

function slotMap(name: string, marks: Uint8Array, elementsOf: SlotElements): NftSet {
  const elements = elementsOf(marks)
  return { kind: 'map', name, declaration: `type mark : mark; size ${SLOT_COUNT};`, elements }
}

function portSets({ originalPorts, stateless }: PortMapping): NftSet[] {
  const toProxy = stateless.map(({ originalPort, proxyPort }) => [`${originalPort}`, ` : ${proxyPort}`] as const)
  const toOriginal = stateless.map(({ originalPort, proxyPort }) => [`${proxyPort}`, ` : ${originalPort}`] as const)
  const declaration = 'type inet_service : inet_service;'
  return [
    keySet('original_ports', 'type inet_service;', originalPorts.map(String)),
    { kind: 'map', name: 'to_proxy', declaration, elements: new Map(toProxy) },
    { kind: 'map', name: 'to_original', declaration, elements: new Map(toOriginal) },
  ]
}

function pinMaps({ tableSize }: Ruleset): NftSet[] {
  return ([4, 6] as const).map((n) => ({
    kind: 'map',
    name: PINS[n],
    declaration: `type ipv${n}_addr : mark; size ${tableSize}; flags dynamic,timeout;`,
    elements: undefined,
  }))
}

function stayingMaps(): NftSet[] {
  return ([4, 6] as const).map((n) => ({
    kind: 'map',
    name: STAYING[n],
    declaration: `type ipv${n}_addr : mark; size ${STAYING_MAX}; flags timeout;`,
    elements: undefined,
  }))
}

function tiedMaps({ tied = [] }: Ruleset): NftSet[] {
  return ([4, 6] as const).map((n) => {
    const ofFamily = tied.filter(({ client }) => isIPv6(client) === (n === 6))
    return {
      kind: 'map',
      name: TIED[n],
      declaration: `type ipv${n}_addr : mark; size ${MAX_TIED};`,
      elements: new Map(ofFamily.map(({ client, mark }) => [client, ` : ${mark}`])),
    }
  })
}

function connectionMaps(): NftSet[] {
  return ([4, 6] as const).flatMap((n) =>
    ([CONNECTIONS, TOLD] as const).map((names) => ({
      kind: 'map',
      name: names[n],
      declaration: `${CONNECTION[n].type}; size ${CONNECTIONS_MAX}; flags ${names === TOLD ? '' : 'dynamic,'}timeout;`,
      elements: undefined,
    })),
  )
}

/** The interface, while the process speaks. */
function fence({ fencedAfterMs }: Ruleset): NftSet[] {
  const declaration = 'type iface_index; size 16; flags dynamic,timeout;'
  return fencedAfterMs === undefined ? [] : [{ kind: 'set', name: 'speaking', declaration, elements: undefined }]
}

type Remembered = Pick<Ruleset, 'pins' | 'connections' | 'pinTimeoutS' | 'tableSize'>

/** Adds the ruleset's pins, as many as there is room for, and its connections. */
export function loadedPins({ pins, connections = [], pinTimeoutS, tableSize }: Remembered): string {
  return addedPins(PINS, pins, pinTimeoutS, tableSize) + addedConnections(CONNECTIONS, connections, pinTimeoutS)
}

/** Those that have to stay from now on, and the connections of theirs that are known to be elsewhere, in the place of those before. */
export function loadedStaying({ pins, connections = [], pinTimeoutS }: Omit<Remembered, 'tableSize'>): string {
  const divided = pins.map((pin) => ({ ...pin, divided: true }))
  const added = addedPins(STAYING, divided, pinTimeoutS, STAYING_MAX) + addedConnections(TOLD, connections, pinTimeoutS)
  return flushed(STAYING, TOLD) + added
}

/** Forgets every pin and connection. */
export function flushedPins(): string {
  return flushed(PINS, STAYING, CONNECTIONS, TOLD)
}

function addedPins(names: MapNames, pins: readonly Pin[], pinTimeoutS: number, most: number): string {
  const elements = pins.map(({ client, mark, divided = false, expiresS }): Element => {
    const family = isIPv6(client) ? 6 : 4
    return { family, key: client, times: timesOf(pinTimeoutS, expiresS), mark: mark | (divided ? MARK_DIVIDED : 0) }
  })
  return addedElements(names, most, elements)
}

function addedConnections(names: MapNames, connections: readonly KnownConnection[], pinTimeoutS: number): string {
  const elements = connections.map(({ family, key, mark, expiresS }): Element => {
    return { family, key, times: timesOf(pinTimeoutS, expiresS), mark: mark | MARK_CONNECTION }
  })
  return addedElements(names, CONNECTIONS_MAX, elements)
}

type MapNames = Readonly<Record<4 | 6, string>>

interface Element {
  readonly family: 4 | 6
  readonly key: string
  readonly times: string
  readonly mark: number
}

/** Of two elements with one key the last counts. */
function addedElements(names: MapNames, most: number, elements: readonly Element[]): string {
  const add = (n: 4 | 6) => {
    const once = new Map(elements.flatMap((element) => (element.family === n ? [[element.key, element] as const] : [])))
    const entries = [...once.values()].map(({ key, times, mark }) => [`${key} ${times}`, ` : ${mark}`] as const)
    return elementCommands('add', FORWARDING, names[n], entries.slice(0, most))
  }
  return add(4) + add(6)
}

function timesOf(pinTimeoutS: number, expiresS = pinTimeoutS): string {
  return `timeout ${pinTimeoutS}s expires ${Math.min(pinTimeoutS, Math.max(1, Math.ceil(expiresS)))}s`
}

function flushed(...maps: readonly MapNames[]): string {
  return maps
    .flatMap((names) => Object.values(names))
    .map((name) => `flush map ${FORWARDING.family} ${FORWARDING.name} ${name}\n`)
    .join('')
}
