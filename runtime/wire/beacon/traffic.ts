import { isWhole } from './fields.ts'
import type { BeaconValue } from './msgpack.ts'

/** What clients had of a node, each since its counter began. */
export interface Traffic {
  /** Connections that the node has answered. */
  readonly connections: number
  /** Attempts to connect that it refused, or did not answer. */
  readonly failed: number
  /** From clients. */
  readonly bytesIn: number
  /** To clients. */
  readonly bytesOut: number
}

/** What msgpack has a float for: 9 bytes. */
const MOST = Number.MAX_SAFE_INTEGER

/** Four fields of a node, in the order of `Traffic`; all of them null where it is not known. */
export function packTraffic(traffic: Traffic | null): readonly BeaconValue[] {
  if (traffic === null) return [null, null, null, null]
  const { connections, failed, bytesIn, bytesOut } = traffic
  return [connections, failed, bytesIn, bytesOut].map((figure) => Math.min(MOST, Math.max(0, Math.round(figure || 0))))
}

/** Null: it is not known, or its sender does not know these fields. Undefined: they are none. */
export function parseTraffic(fields: readonly unknown[]): Traffic | null | undefined {
  const [connections = null, failed = null, bytesIn = null, bytesOut = null] = fields
  if (connections === null && failed === null && bytesIn === null && bytesOut === null) return null
  if (!isCount(connections) || !isCount(failed) || !isCount(bytesIn) || !isCount(bytesOut)) return undefined
  return { connections, failed, bytesIn, bytesOut }
}

const isCount = (value: unknown): value is number => isWhole(value, 0, MOST)
