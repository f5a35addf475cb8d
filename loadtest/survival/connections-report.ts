/** What became of the connections since they were opened, as `connections.ts` tells it. */
export interface Survival {
  /** Connections by the node that they were opened to. */
  readonly nodes: Readonly<Record<string, number>>
  readonly lost: readonly { readonly kind: 'download' | 'idle'; readonly node: string; readonly failure: string }[]
}
