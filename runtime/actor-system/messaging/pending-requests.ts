import type { CancelTimer, Clock } from '../../ports/host/clock.ts'
import { ActorError, peerIsDown, timedOut } from '../actor-error.ts'

interface Pending {
  readonly peer: string
  readonly cancelTimeout: CancelTimer
  resolve(value: unknown): void
  reject(error: Error): void
}

/** What has been asked and waits for its answer: messages of an actor that want a reply, or calls of one control. At most so many. */
export class PendingRequests {
  private readonly clock: Clock
  private readonly max: number
  private readonly pending = new Map<number, Pending>()
  private lastCorrelation = 0

  constructor(clock: Clock, max: number) {
    this.clock = clock
    this.max = max
  }

  /** Sends a question by `post`, which says whether the peer's mailbox took it; settles with the answer. `whom`: as it is said at the timeout. */
  ask(peer: string, whom: string, timeoutMs: number, post: (correlation: number) => boolean): Promise<unknown> {
    if (this.pending.size >= this.max) {
      const reason = `${this.max} questions are waiting for an answer already; ask again when some were answered`
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
        reject(timedOut(whom, timeoutMs))
      })
      this.pending.set(correlation, { peer, cancelTimeout, resolve, reject })
    })
  }

  /** An answer came. One that nobody waits for any more (it came too late) is dropped. */
  answered(peer: string, correlation: number, value: unknown): void {
    this.take(peer, correlation)?.resolve(value)
  }

  /** The answer is that it went wrong. */
  failed(peer: string, correlation: number, error: Error): void {
    this.take(peer, correlation)?.reject(error)
  }

  peerDown(peer: string): void {
    for (const [correlation, pending] of this.pending) {
      if (pending.peer === peer) this.failed(peer, correlation, peerIsDown(peer))
    }
  }

  private take(peer: string, correlation: number): Pending | undefined {
    const pending = this.pending.get(correlation)
    if (pending?.peer !== peer) return undefined
    this.pending.delete(correlation)
    pending.cancelTimeout()
    return pending
  }
}
