/** A kept connection that has ended. Times are of CLOCK_MONOTONIC. */
export interface Cut {
  readonly kind: 'download' | 'idle'
  readonly node: string
  readonly failure: string
  /** The last sign that it, or a download of the same client, was alive. */
  readonly aliveMs: number
  /** When the client was told, or gave it up. */
  readonly toldMs: number
}

/** What the client of kept connections says: that all are open, that one has ended, and how many are open when it is asked. */
export type KeptReport = { readonly type: 'open'; readonly open: number } | ({ readonly type: 'cut' } & Cut)
