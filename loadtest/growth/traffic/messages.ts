/** What the client of a growing group is told, and answers. */

/** Connections from so many source addresses, from `first` on, one after the other. `hold`: they stay open once they are answered. */
export interface OpenOrder {
  readonly type: 'open'
  readonly count: number
  readonly first: number
  readonly sources: number
  readonly hold: boolean
  readonly host: string
  readonly port: number
}

/** A connection every few milliseconds from one address after the other, until one is answered by a node that counts. */
export interface ProbeOrder {
  readonly type: 'probe'
  readonly host: string
  readonly port: number
  readonly first: number
  readonly sources: number
  /** The name of the one node that counts, or of the one that does not; null: any does. */
  readonly by: string | null
  readonly notBy: string | null
}

/** All that is held is reset. */
interface ReleaseOrder {
  readonly type: 'release'
}

export type ClientOrder = OpenOrder | ProbeOrder | ReleaseOrder

export type ClientAnswer =
  | { readonly type: 'opened'; readonly answered: number; readonly failed: number; readonly tookMs: number }
  /** When that was, by CLOCK_MONOTONIC, and from which source. */
  | { readonly type: 'probed'; readonly answeredMs: number; readonly source: number }
  | { readonly type: 'released' }
