export type InspectorMessage = never
export type InspectorPeers = Readonly<Record<never, never>>

/** What the supervisor lets the inspector ask and do. */
export type SupervisorControl = {
  actors(): readonly ActorDescription[]
  /** Test hook, refused unless PROXYHA_TEST_HOOKS=1: makes the actor throw inside its mailbox. */
  crash(actor: string): boolean
  /** Test hook, refused unless PROXYHA_TEST_HOOKS=1: blocks the actor's thread for that long. */
  stall(actor: string, forMs: number): boolean
}

export interface ActorDescription {
  readonly name: string
  readonly placement: 'main' | 'worker'
  readonly state: 'starting' | 'running' | 'backoff' | 'stopped'
  readonly threadId: number | null
  readonly restarts: number
  readonly upMs: number
  /** Messages under way to it, over all links. */
  readonly mailbox: number
  readonly handled: number
  readonly overflowed: number
}
