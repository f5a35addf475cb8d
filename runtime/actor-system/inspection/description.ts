import type { SchedulingClass } from '../../ports/host/scheduling.ts'

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
}
