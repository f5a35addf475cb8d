import type { Mode } from '../group/network.ts'

/** What goes on beside the clients: nothing, the same flood at a host that drops it, the flood at the virtual IP. */
export const phases = ['quiet', 'aside', 'flood'] as const
export type Phase = (typeof phases)[number]

/** What clients saw since they were asked last. */
export interface ClientReport {
  /** Answers over the connections that were open before. */
  readonly answers: number
  /** Of those connections: ended since the start. */
  readonly lost: number
  /** New connections of the same clients that were answered. */
  readonly opened: number
  /** Those of them that another node has answered. */
  readonly strayed: number
  /** New connections that got no answer. */
  readonly failed: number
  /** The slowest new connection that was answered; null where none was. */
  readonly slowestMs: number | null
}

/** What the group has in memory. */
export interface Memory {
  /** Of the gateways together. */
  readonly residentBytes: number
  /** Clients that the director's kernel remembers; null where there are none, or the kernel does not say. */
  readonly pins: number | null
  /** Connections that the kernels of the nodes track, together. */
  readonly tracked: number
}

export interface Measurement extends ClientReport, Memory {
  readonly mode: Mode
  readonly phase: Phase
  readonly seconds: number
  readonly synsPerSecond: number
}

/** Whether the clients of the flood were served: none lost, none strayed, none refused. */
export const holds = (measurements: readonly Measurement[]): boolean =>
  measurements.every(({ lost, strayed, failed }) => lost === 0 && strayed === 0 && failed === 0)
