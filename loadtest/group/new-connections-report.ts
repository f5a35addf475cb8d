/** What the client of new connections is told: which period begins, and whose answers are unwanted from now on. Null: it opens no more. */
export interface Order {
  readonly period: number | null
  readonly avoided: string | null
}

/** How a connection failed. `reset` and `closed`: after its handshake. */
export type FailureKind = 'refused' | 'reset' | 'closed' | 'timeout' | 'unreachable'

export interface Failure {
  readonly kind: FailureKind
  readonly beganMs: number
  readonly endedMs: number
}

/** What became of the connections that were begun in a period, once that is over and all of them have ended. */
export interface Tally {
  readonly period: number
  readonly opened: number
  /** As many as the pace asks for in its time. */
  readonly expected: number
  /** Established, but not by their first SYN. */
  readonly waited: number
  /** Answered by the node that was to be avoided when they were begun. */
  readonly strayed: number
  /** Of the slowest that was answered, from its SYN to the answer. */
  readonly slowestMs: number
  readonly failures: readonly Failure[]
}
