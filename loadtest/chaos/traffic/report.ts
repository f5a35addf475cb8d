/** What the checked client tells. Times are of CLOCK_MONOTONIC, ms. */

/** A kept connection that has ended, which none should. */
export interface Loss {
  readonly kind: 'download' | 'idle'
  readonly client: string
  /** Where it was open. */
  readonly node: string
  readonly failure: string
  readonly beganMs: number
  /** Its last byte, and when the client was told, or gave it up. */
  readonly aliveMs: number
  readonly toldMs: number
}

/** A connection that was begun and not answered as it should. */
export interface FreshFailure {
  readonly client: string
  /** Who has answered, though not as it should; else empty. */
  readonly node: string
  readonly failure: string
  readonly beganMs: number
  readonly toldMs: number
}

/** A client whose new connection another node answered than the one before. */
export interface Move {
  readonly client: string
  readonly from: string
  readonly to: string
  readonly atMs: number
  /** The same by the time of day, which the group's own timeline goes by. */
  readonly wallMs: number
}

/** Since the last one. */
export interface TrafficReport {
  readonly atMs: number
  /** Kept connections that are open. */
  readonly open: number
  /** New connections that were answered. */
  readonly answered: number
  readonly losses: readonly Loss[]
  readonly failures: readonly FreshFailure[]
  readonly moves: readonly Move[]
  /** Null: it was not asked for. */
  readonly used: Used | null
}

/** When every kept connection has been used once. */
export interface Used {
  /** Those that live. */
  readonly open: number
  /** Who answered the last new connection of each client. */
  readonly answerers: Readonly<Record<string, string>>
}

/** Whether what came was not what was asked for. */
export const isWrong = ({ failure }: { readonly failure: string }): boolean => failure.startsWith('wrong')
