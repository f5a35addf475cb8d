import type { Clock } from '../../ports/host/clock.ts'
import type { Control, RemoteControl } from '../actor.ts'
import { peerIsDown, reasonOf } from '../actor-error.ts'
import { PendingRequests } from './pending-requests.ts'

/** How long a control call may take. */
const CONTROL_TIMEOUT_MS = 2000

/** Calls of one control that may wait for their answer at the same time. */
const MAX_PENDING_CALLS = 256

/**
 * The remote control of an actor, with what comlink lacks: a call ends by `CONTROL_TIMEOUT_MS`, and at once when the actor dies;
 * it never hangs. Rejects with an `ActorError`, or with the error that the method threw.
 */
export class BoundedControl {
  readonly remote: RemoteControl<Control>
  private readonly actor: string
  private readonly invoke: (method: string, parameters: readonly unknown[]) => Promise<unknown>
  private readonly pending: PendingRequests
  private isDown = false

  constructor(
    actor: string,
    clock: Clock,
    invoke: (method: string, parameters: readonly unknown[]) => Promise<unknown>,
  ) {
    this.actor = actor
    this.pending = new PendingRequests(clock, MAX_PENDING_CALLS)
    this.invoke = invoke
    this.remote = new Proxy({} as RemoteControl<Control>, {
      get: (_target, method) =>
        // A remote has no `then`: it may be returned from an async function.
        typeof method === 'string' && method !== 'then'
          ? (...parameters: readonly unknown[]) => this.call(method, parameters)
          : undefined,
    })
  }

  /** The actor is gone: rejects what waits, and every later call. */
  down(): void {
    this.isDown = true
    this.pending.peerDown(this.actor)
  }

  private call(method: string, parameters: readonly unknown[]): Promise<unknown> {
    const { actor, pending } = this
    if (this.isDown) return Promise.reject(peerIsDown(actor))
    return pending.ask(actor, `${actor}.${method}()`, CONTROL_TIMEOUT_MS, (correlation) => {
      this.invoke(method, parameters).then(
        (value) => pending.answered(actor, correlation, value),
        (error: unknown) =>
          pending.failed(actor, correlation, error instanceof Error ? error : new Error(reasonOf(error))),
      )
      return true
    })
  }
}
