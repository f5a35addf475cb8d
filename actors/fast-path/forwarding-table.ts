import { isIPv6 } from 'node:net'
import { SLOT_COUNT } from '../../runtime/table/layout.ts'
import { hexOfIpv6 } from '../../runtime/wire/ip-address-bytes.ts'
import { PINS, STAYING, UNPINNED } from './forwarding-names.ts'
import { forwardingChains } from './forwarding-rules.ts'
import { elementCommands, type NftSet, type NftTable } from './nft-table.ts'
import { type PortMapping, portMappingOf } from './port-mapping.ts'
import type { Pin, Ruleset } from './ruleset-types.ts'

/** Where the forwarding lives. */
export const FORWARDING = { family: 'netdev', name: 'proxyha' } as const

/** VRRP cannot carry more addresses than 255, and a group has at most 64 nodes. A size known in advance makes a set a plain hash table. */
const VIRTUAL_IPS_MAX = 256
const NODES_MAX = 64
const FRESH_MAX = 65_536
/** What 64 nodes can say in their beacons, and more. */
const STAYING_MAX = 262_144

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
      { kind: 'counter', name: UNPINNED, declaration: 'packets 0 bytes 0', elements: undefined },
      ...freshSets(),
      ...fence(ruleset),
    ],
    chains: forwardingChains(ruleset, mapping),
  }
}

function addressSets({ virtualIps }: Ruleset): NftSet[] {
  const familyOf = (isOfFamily: (address: string) => boolean, n: 4 | 6) => {
    const ours = virtualIps.filter(({ address }) => isOfFamily(address))
    const duties = ours.map(
      ({ address, role }) => [address, ` : goto ${role === 'director' ? 'direct' : 'serve'}${n}`] as const,
    )
    const served = ours.filter(({ role }) => role === 'node').map(({ address }) => address)
    return { all: ours.map(({ address }) => address), duties: new Map(duties), served }
  }
  const [v4, v6] = [familyOf((address) => !isIPv6(address), 4), familyOf(isIPv6, 6)]
  const size = `size ${VIRTUAL_IPS_MAX};`
  return [
    { kind: 'map', name: 'duties4', declaration: `type ipv4_addr : verdict; ${size}`, elements: v4.duties },
    { kind: 'map', name: 'duties6', declaration: `type ipv6_addr : verdict; ${size}`, elements: v6.duties },
    keySet('vips4', `type ipv4_addr; ${size}`, v4.all),
    keySet('vips6', `type ipv6_addr; ${size}`, v6.all),
    keySet('silent4', `type ipv4_addr; ${size}`, v4.served),
    // The target of a neighbour solicitation has no name in nft 1.0.6 (`icmpv6 taddr` is later).
    keySet('silent6', `typeof @th,64,128; ${size}`, v6.served.map(hexOfIpv6)),
  ]
}

function nodeSets({ nodes, mac, slots }: Ruleset): NftSet[] {
  const macs = nodes
    .filter(({ eligible }) => eligible)
    .map((node) => [`${node.mark}`, ` : ${node.self ? mac : node.mac}`] as const)
  const members = nodes.filter(({ self }) => !self).map((node) => node.mac)
  const owned = Array.from(slots.subarray(0, SLOT_COUNT), (mark, slot) => [`${slot}`, ` : ${mark}`] as const)
  return [
    {
      kind: 'map',
      name: 'left',
      declaration: `type mark : ether_addr; size ${NODES_MAX};`,
      elements: new Map(nodes.filter(({ left }) => left).map((node) => [`${node.mark}`, ` : ${node.mac}`] as const)),
    },
    keySet('members', `type ether_addr; size ${NODES_MAX};`, members),
    {
      kind: 'map',
      name: 'macs',
      // Each packet looks up one element just once: a counter of each node for nothing.
      declaration: `type mark : ether_addr; size ${NODES_MAX}; counter;`,
      elements: new Map(macs),
    },
    {
      kind: 'map',
      name: 'slots',
      declaration: `type mark : mark; size ${SLOT_COUNT};`,
      elements: new Map(owned.filter((_, slot) => slots[slot] !== 0)),
    },
  ]
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

/** Connections that have begun while it is not known who has to stay where. A connection beyond waits until that is over. */
function freshSets(): NftSet[] {
  return ([4, 6] as const).map((n) => ({
    kind: 'set',
    name: `fresh${n}`,
    declaration: `type ipv${n}_addr . inet_service; size ${FRESH_MAX}; flags dynamic,timeout;`,
    elements: undefined,
  }))
}

/** The interface, while the process speaks. */
function fence({ fencedAfterMs }: Ruleset): NftSet[] {
  const declaration = 'type iface_index; size 16; flags dynamic,timeout;'
  return fencedAfterMs === undefined ? [] : [{ kind: 'set', name: 'speaking', declaration, elements: undefined }]
}

function keySet(name: string, declaration: string, keys: readonly string[]): NftSet {
  return { kind: 'set', name, declaration, elements: new Map(keys.map((key) => [key, ''])) }
}

/** Adds the ruleset's pins, as many as there is room for. */
export function loadedPins({
  pins,
  pinTimeoutS,
  tableSize,
}: Pick<Ruleset, 'pins' | 'pinTimeoutS' | 'tableSize'>): string {
  return addedPins(PINS, pins, pinTimeoutS, tableSize)
}

/** Those that have to stay from now on, in the place of those before. */
export function loadedStaying({ pins, pinTimeoutS }: Pick<Ruleset, 'pins' | 'pinTimeoutS'>): string {
  return flushed(STAYING) + addedPins(STAYING, pins, pinTimeoutS, STAYING_MAX)
}

/** Forgets every pin. */
export function flushedPins(): string {
  return flushed(PINS) + flushed(STAYING)
}

function addedPins(
  maps: Readonly<Record<4 | 6, string>>,
  pins: readonly Pin[],
  pinTimeoutS: number,
  most: number,
): string {
  const element = ({ client, mark, expiresS }: Pin) => {
    const left = Math.min(pinTimeoutS, Math.max(1, Math.ceil(expiresS ?? pinTimeoutS)))
    return [`${client} timeout ${pinTimeoutS}s expires ${left}s`, ` : ${mark}`] as const
  }
  const add = (n: 4 | 6) => {
    const ofFamily = pins.filter(({ client }) => isIPv6(client) === (n === 6))
    const once = new Map(ofFamily.map((pin) => [pin.client, pin]))
    return elementCommands('add', FORWARDING, maps[n], [...once.values()].slice(0, most).map(element))
  }
  return add(4) + add(6)
}

function flushed(maps: Readonly<Record<4 | 6, string>>): string {
  return Object.values(maps)
    .map((name) => `flush map ${FORWARDING.family} ${FORWARDING.name} ${name}\n`)
    .join('')
}
