import type { LogLevel } from '../../ports/host/syslog.ts'

/**
 * Why a message reached nobody: its addressee is not running; its mailbox was full; it is no declared peer; the message holds
 * what cannot be packed (a function, a symbol); or what arrived was no envelope.
 */
export type DeadLetterReason = 'peerDown' | 'overflow' | 'noPeer' | 'unpackable' | 'corrupt'

/** What an operator is to know of the group: a sentence of a node and what became of it, whatever the log says beside. */
export interface Happening {
  /** Stable; the actors have the list. */
  readonly kind: string
  readonly level: 'info' | 'warning' | 'failure'
  /** What the node did or became, so that its name and this make the sentence: `failed: port 3128 is not listening`. */
  readonly what: string
  /** Whom it is about. Neither: this node. An address alone is enough for one of the group. */
  readonly node?: string
  readonly address?: string
  /** Who ordered it, where somebody did. */
  readonly by?: string
}

/**
 * What happened inside the actor system, as one union. Everything but `message` is rare and always reported; `message`
 * is reported only while somebody watches.
 */
export type InspectionDetail =
  | { readonly type: 'spawned'; readonly incarnation: number }
  | { readonly type: 'stopped' }
  | { readonly type: 'crashed'; readonly reason: string }
  | { readonly type: 'restarting'; readonly incarnation: number; readonly delayMs: number }
  | { readonly type: 'escalated'; readonly reason: string }
  | { readonly type: 'stalled'; readonly silentMs: number }
  | { readonly type: 'state'; readonly from: string; readonly to: string; readonly cause: string }
  | ({ readonly type: 'happened' } & Happening)
  | { readonly type: 'log'; readonly level: LogLevel; readonly line: string }
  | {
      readonly type: 'deadLetter'
      readonly to: string
      readonly message: string
      readonly reason: DeadLetterReason
      /** How many went this way since the last report, where more than one did (reports are rate limited). */
      readonly count?: number
    }
  | {
      readonly type: 'message'
      readonly from: string
      readonly message: string
      readonly bytes: number
      readonly waitedMs: number
    }

export type InspectionEvent = InspectionDetail & {
  /** Rises by one per event of an actor's incarnation. */
  readonly sequence: number
  readonly actor: string
  readonly atMs: number
  readonly wallMs: number
}
