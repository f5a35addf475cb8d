import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Clock } from '../ports/host/clock.ts'
import { linuxClock } from '../ports/host/linux/clock.ts'
import { linuxRandom } from '../ports/host/linux/random.ts'
import { linuxScheduling } from '../ports/host/linux/scheduling.ts'
import { exposeControl } from './messaging/control.ts'
import { Supervisor, type SupervisorOptions } from './supervision/supervisor.ts'
import { openMainHost } from './threads/main-host.ts'
import { SharedThread } from './threads/shared-thread.ts'
import { openWorkerHost } from './threads/worker-host.ts'

export interface ActorSystemOptions extends SupervisorOptions {
  /** The module that exports `actors: ActorLoaders`; each Worker imports it, so what it imports statically must be little. */
  readonly compositionUrl: URL
  /** The supervisor's own clock, by which it watches and waits; default the kernel's. */
  readonly clock?: Clock
}

/**
 * The actors of one process on threads: the supervisor on the main thread, each actor on a Worker of its own, on one that it
 * shares, or on the main thread. `spawn` all plans, then `start`; after `stop` nothing is left that keeps the process alive.
 */
export class ActorSystem extends Supervisor<MessagePort> {
  constructor(options: ActorSystemOptions) {
    const clock = options.clock ?? linuxClock
    const shared = new Map<string, SharedThread>()
    const sharedThread = (name: string): SharedThread => {
      const thread = shared.get(name) ?? new SharedThread(name, options.compositionUrl, clock)
      shared.set(name, thread)
      return thread
    }
    super(
      {
        clock,
        open: (plan, seed, listener) => {
          if (plan.placement === 'main')
            return openMainHost(plan, seed, listener, { clock, random: linuxRandom, scheduling: linuxScheduling })
          if (plan.sharedThread !== undefined) return sharedThread(plan.sharedThread).open(plan, seed, listener)
          return openWorkerHost(plan, seed, listener, options.compositionUrl)
        },
        channel: () => {
          const { port1, port2 } = new MessageChannel()
          return [port1, port2]
        },
        exposeControl,
      },
      options,
    )
  }
}
