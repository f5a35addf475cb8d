import type { CancelTimer, Clock } from '../../ports/host/clock.ts'
import type { Control, RemoteControl } from '../actor.ts'
import { ActorError, peerIsDown, reasonOf, timedOut } from '../actor-error.ts'

/** How long a control call may take. */
const CONTROL_TIMEOUT_MS = 2000

/** Calls of one control that may wait for their answer at the same time. */
const MAX_PENDING_CALLS = 256

interface PendingCall {
  readonly cancelTimeout: CancelTimer
  reject(error: unknown): void
}

/**
 * The remote control of an actor, with what comlink lacks: a call ends by `CONTROL_TIMEOUT_MS`, and at once when the actor dies;
 * it never hangs. Rejects with an `ActorError`, or with the error that the method threw.
 */
export class BoundedControl {
  readonly remote: RemoteControl<Control>
  private readonly actor: string
  private readonly clock: Clock
  private readonly invoke: (method: string, parameters: readonly unknown[]) => Promise<unknown>
  private readonly pending = new Set<PendingCall>()
  private isDown = false

  constructor(
    actor: string,
    clock: Clock,
    invoke: (method: string, parameters: readonly unknown[]) => Promise<unknown>,
  ) {
    this.actor = actor
    this.clock = clock
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
    for (const call of this.pending) {
      call.cancelTimeout()
      call.reject(peerIsDown(this.actor))
    }
    this.pending.clear()
  }

  private call(method: string, parameters: readonly unknown[]): Promise<unknown> {
    if (this.isDown) return Promise.reject(peerIsDown(this.actor))
    if (this.pending.size >= MAX_PENDING_CALLS) {
      const reason = `${MAX_PENDING_CALLS} calls of ${this.actor} wait already; call again when some were answered`
      return Promise.reject(new ActorError('EREFUSED', reason))
    }
    return new Promise((resolve, reject) => {
      const end = (): void => {
        call.cancelTimeout()
        this.pending.delete(call)
      }
      const timeout = (): void => {
        end()
        reject(timedOut(`${this.actor}.${method}()`, CONTROL_TIMEOUT_MS))
      }
      const call: PendingCall = { cancelTimeout: this.clock.setTimer(CONTROL_TIMEOUT_MS, timeout), reject }
      this.pending.add(call)
      this.invoke(method, parameters).then(
        (value) => {
          end()
          resolve(value)
        },
        (error: unknown) => {
          end()
          reject(error instanceof Error ? error : new Error(reasonOf(error)))
        },
      )
    })
  }
}
