import { parseMac } from './addresses.ts'
import { clamped, hasTwice, isBytes, isText, isTuple, isWhole, UINT32 } from './beacon-fields.ts'
import type { BeaconValue } from './beacon-msgpack.ts'

const MAX_NAME_LENGTH = 64
/** Most that a node's capacity may be. */
export const MAX_CAPACITY = 1000
const MAX_FAILED_PORTS = 16

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

/** Thirteen fields, in the order of `BeaconNode`. Figures out of range are brought to the nearest that is in it. */
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
  ]
}

/** Two bytes each. */
function packPorts(ports: readonly number[]): Uint8Array {
  return Uint8Array.from(ports.slice(0, MAX_FAILED_PORTS).flatMap((port) => [port >> 8, port & 0xff]))
}

/** Undefined unless every field is there, of its type and in its range. */
export function parseNode(value: unknown): BeaconNode | undefined {
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
