/** A line of a configuration of keepalived or HAProxy, as it was read. */
export interface Statement {
  readonly place: Place
  /** Without quotes, variables filled in. */
  readonly words: readonly string[]
  /** Of keepalived: what stands in its braces; undefined where there are none. */
  readonly block: readonly Statement[] | undefined
}

/** Where something is, and what stands there. */
export interface Place {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly text: string
}

/** Something of the old configuration that the new one does not have, or has otherwise. */
export interface Difference extends Place {
  readonly reason: string
  /** What to do instead; undefined: nothing has to be done. */
  readonly instead: string | undefined
}
