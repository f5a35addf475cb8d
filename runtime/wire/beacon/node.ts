import { formatMac, parseMac } from '../addresses.ts'
import { MAX_INSTANCES } from '../group-bounds.ts'
import { clamped, hasFields, hasTwice, isBytes, isText, isWhole, UINT32 } from './fields.ts'
import type { BeaconValue } from './msgpack.ts'
import { packTraffic, parseTraffic, type Traffic } from './traffic.ts'
import { BEACON_VERSIONS } from './versions.ts'

const MAX_NAME_LENGTH = 64
/** Most that a node's capacity may be. */
export const MAX_CAPACITY = 1000
const MAX_FAILED_PORTS = 16
/** VRIDs of IPv4, and of IPv6. */
const ROUTERS = 2 * 256
/** By their numbers on the wire. */
const MAINTENANCES = ['off', 'on', 'due'] as const

/** `on`: it is to be left alone until its timeout is over; `due`: that is over, and what is open there is reset. */
export type Maintenance = (typeof MAINTENANCES)[number]

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
  /** In maintenance it drains as well. */
  readonly maint: Maintenance
  /** Its priority in each virtual router, by `virtualRouterNumber`, each once; at most 8. */
  readonly priorities: ReadonlyMap<number, number>
  /** The newest version of the beacons that it reads. */
  readonly reads: number
  /** Null: whoever says this does not count it. */
  readonly traffic: Traffic | null
}

/** How many a node has, and had when its beacons were of version 5 first. */
const [FIELDS, FIRST_FIELDS] = [20, 15]

/** Twenty fields, in the order of `BeaconNode`. Figures out of range are brought to the nearest that is in it. */
export function packNode(node: BeaconNode): BeaconValue {
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
    MAINTENANCES.indexOf(node.maint),
    packPriorities(node.priorities),
    node.reads,
    ...packTraffic(node.traffic),
  ]
}

/** Two bytes each. */
function packPorts(ports: readonly number[]): Uint8Array {
  return Uint8Array.from(ports.slice(0, MAX_FAILED_PORTS).flatMap((port) => [port >> 8, port & 0xff]))
}

/** Three bytes each: the virtual router, and the priority. */
function packPriorities(priorities: ReadonlyMap<number, number>): Uint8Array {
  const pairs = [...priorities].slice(0, MAX_INSTANCES)
  return Uint8Array.from(pairs.flatMap(([router, priority]) => [router >> 8, router & 0xff, priority]))
}

/** Undefined unless every field is there, of its type and in its range. */
export function parseNode(value: unknown): BeaconNode | undefined {
  if (!hasFields(value, FIELDS, FIRST_FIELDS)) return undefined
  const [name, mac, monitorOk, draining, cpu, memory, pressure, activeConnections] = value
  const [capacity, agent, ports, isKernel, drained, maintenance, ranks, ...later] = value.slice(8)
  const [reads = BEACON_VERSIONS.oldest, ...counted] = later
  if (!isText(name, 1, MAX_NAME_LENGTH) || !isBytes(mac, 6)) return undefined
  if (typeof monitorOk !== 'boolean' || typeof draining !== 'boolean') return undefined
  if (!isWhole(cpu, 0, 1000) || !isWhole(memory, 0, 1000)) return undefined
  if (pressure !== null && !isWhole(pressure, 0, 1000)) return undefined
  if (!isWhole(activeConnections, 0, UINT32) || !isWhole(capacity, 1, MAX_CAPACITY)) return undefined
  if ((agent !== null && !isWhole(agent, 0, 1000)) || typeof isKernel !== 'boolean') return undefined
  if (typeof drained !== 'boolean' || !isWhole(reads, BEACON_VERSIONS.oldest, 255)) return undefined
  const failedPorts = parsePorts(ports)
  const maint = isWhole(maintenance, 0, MAINTENANCES.length - 1) ? MAINTENANCES[maintenance] : undefined
  const priorities = parsePriorities(ranks)
  const traffic = parseTraffic(counted.slice(0, 4))
  if (failedPorts === undefined || maint === undefined || priorities === undefined) return undefined
  if (traffic === undefined) return undefined
  return {
    name,
    mac: formatMac(mac),
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
    maint,
    priorities,
    reads,
    traffic,
  }
}

function parsePorts(value: unknown): number[] | undefined {
  if (!(value instanceof Uint8Array) || value.length % 2 !== 0 || value.length > 2 * MAX_FAILED_PORTS) return undefined
  const ports = Array.from({ length: value.length / 2 }, (_, at) => value[2 * at]! * 256 + value[2 * at + 1]!)
  return ports.includes(0) || hasTwice(ports) ? undefined : ports
}

function parsePriorities(value: unknown): ReadonlyMap<number, number> | undefined {
  if (!(value instanceof Uint8Array) || value.length % 3 !== 0 || value.length > 3 * MAX_INSTANCES) return undefined
  const pairs = Array.from({ length: value.length / 3 }, (_, at) => {
    const [high, low, priority] = value.subarray(3 * at)
    return [high! * 256 + low!, priority!] as const
  })
  const isWrong = pairs.some(([router, priority]) => router % 256 === 0 || router >= ROUTERS || priority === 0)
  return isWrong || hasTwice(pairs.map(([router]) => router)) ? undefined : new Map(pairs)
}
