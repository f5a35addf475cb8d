import type { SchedulingClass } from '../../ports/host/scheduling.ts'
import type { Histogram } from './histogram.ts'

/** A running actor, as `proxyha actors` shows it. */
export interface ActorDescription {
  readonly name: string
  readonly placement: 'main' | 'worker'
  readonly state: 'starting' | 'running' | 'backoff' | 'stopped'
  readonly threadId: number | null
  /** Of its thread. */
  readonly scheduling: SchedulingClass
  readonly restarts: number
  readonly upMs: number
  /** Messages under way to it, over all links. */
  readonly mailbox: number
  readonly handled: number
  readonly overflowed: number
  /** For how long its thread was busy with each message, timer and call since it began, ms; null where that is not measured. */
  readonly handling: Histogram | null
  /** Half of them, and all but a hundredth, took no longer; null while there was none. */
  readonly handlingMs: { readonly p50: number; readonly p99: number } | null
}
