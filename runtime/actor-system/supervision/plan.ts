import type { MailboxOptions } from '../actor.ts'
import type { StartCell } from './cell.ts'
import type { SupervisionRules } from './restart-policy.ts'

/** The name under which the supervisor's own control is granted. */
export const SUPERVISOR = 'supervisor'

/** How one actor of a system is run. */
export interface ActorPlan extends SupervisionRules {
  /** Which of the composition's actors a Worker runs under this name, where there are several of one; default: its name. */
  readonly runs?: string
  /** `worker`: on a thread that can be ended. `main`: on the main thread, for what cannot run elsewhere. */
  readonly placement: 'worker' | 'main'
  /** The name of a thread that it shares with all that name it; without it a Worker is the actor's own. */
  readonly sharedThread?: string
  /** Whom it may send to. A link carries both ways; who only answers or is sent to need not name the other. */
  readonly peers: readonly string[]
  /** Of what is sent to it, for each link. */
  readonly mailbox: MailboxOptions
  /** Whose control it may call; `supervisor` is one too. */
  readonly controls?: readonly string[]
  /** It is given every event of every actor. */
  readonly observes?: boolean
  /** What its configuration says: data that can be cloned, SharedArrayBuffers included. */
  readonly options: unknown
  /** What it does is little, but must be done in time: its thread is scheduled before everything ordinary, where permitted. */
  readonly realtime?: boolean
  /** Starts it, where it is placed on the main thread; a Worker takes it from the composition's `actors`. */
  readonly start?: StartCell
}

/** A plan that cannot be carried out: a mistake in the composition. */
export class PlanError extends Error {
  readonly code = 'EPLAN'

  constructor(message: string) {
    super(message)
    this.name = 'PlanError'
  }
}

/** Throws a `PlanError` for names that are doubled or unknown, and for bounds that are none. */
export function checkPlans(plans: readonly ActorPlan[]): void {
  const names = new Set([SUPERVISOR])
  for (const { name, mailbox, sharedThread, realtime } of plans) {
    if (names.has(name)) throw new PlanError(`two actors are named ${name}; give one another name`)
    names.add(name)
    if (!(mailbox.capacity >= 1)) throw new PlanError(`${name}: a mailbox must have room for at least one message`)
    if (sharedThread !== undefined && realtime)
      throw new PlanError(`${name}: a thread that is shared is not its to schedule`)
  }
  for (const { name, peers, controls = [] } of plans) {
    for (const other of [...peers, ...controls]) {
      if (!names.has(other) || other === name) throw new PlanError(`${name} names ${other}, which is no other actor`)
    }
    if (peers.includes(SUPERVISOR)) throw new PlanError(`${name}: the supervisor takes no messages, only control calls`)
  }
}
