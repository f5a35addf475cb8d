import type { ActorDescription } from '../../runtime/system/description.ts'

export type { ActorDescription }

export type InspectorMessage = never
export type InspectorPeers = Readonly<Record<never, never>>

/** What the supervisor lets the inspector ask and do. */
export type SupervisorControl = {
  actors(): readonly ActorDescription[]
  /** Test hook, refused unless PROXYHA_TEST_HOOKS=1: makes the actor throw inside its mailbox. */
  crash(actor: string): boolean
  /** Test hook, refused unless PROXYHA_TEST_HOOKS=1: blocks the actor's thread for that long. */
  stall(actor: string, forMs: number): boolean
  /** Whether single messages are to be shown among the events: say so only while somebody looks. Ends with the caller. */
  watch(on: boolean): void
}
