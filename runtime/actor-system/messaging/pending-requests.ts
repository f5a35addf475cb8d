import type { CancelTimer, Clock } from '../../ports/host/clock.ts'
import { ActorError, peerIsDown, timedOut } from '../actor-error.ts'

/** Requests of one actor that may wait for an answer at the same time. */
const MAX_PENDING_REQUESTS = 1024

interface Pending {
  readonly peer: string
  readonly cancelTimeout: CancelTimer
  resolve(value: unknown): void
  reject(error: ActorError): void
}

/** The questions that an actor has asked and that wait for their answer, at most `MAX_PENDING_REQUESTS`. */
export class PendingRequests {
  private readonly clock: Clock
  private readonly pending = new Map<number, Pending>()
  private lastCorrelation = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Sends a question by `post`, which says whether the peer's mailbox took it; settles with the answer. */
  ask(peer: string, timeoutMs: number, post: (correlation: number) => boolean): Promise<unknown> {
    if (this.pending.size >= MAX_PENDING_REQUESTS) {
      const reason = `${MAX_PENDING_REQUESTS} requests are waiting for an answer already; ask again when some were answered`
      return Promise.reject(new ActorError('EREFUSED', reason))
    }
    this.lastCorrelation = (this.lastCorrelation + 1) >>> 0
    const correlation = this.lastCorrelation
    if (!post(correlation)) {
      return Promise.reject(new ActorError('EREFUSED', `the mailbox of ${peer} is full; ask again later`))
    }
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.clock.setTimer(timeoutMs, () => {
        this.pending.delete(correlation)
        reject(timedOut(peer, timeoutMs))
      })
      this.pending.set(correlation, { peer, cancelTimeout, resolve, reject })
    })
  }

  /** An answer came. One that nobody waits for any more (it came too late) is dropped. */
  answered(peer: string, correlation: number, value: unknown): void {
    const pending = this.pending.get(correlation)
    if (pending?.peer !== peer) return
    this.pending.delete(correlation)
    pending.cancelTimeout()
    pending.resolve(value)
  }

  peerDown(peer: string): void {
    for (const [correlation, pending] of this.pending) {
      if (pending.peer !== peer) continue
      this.pending.delete(correlation)
      pending.cancelTimeout()
      pending.reject(peerIsDown(peer))
    }
  }
}
