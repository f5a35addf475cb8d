import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Clock } from '../ports/host/clock.ts'
import { linuxClock } from '../ports/host/linux/clock.ts'
import { linuxRandom } from '../ports/host/linux/random.ts'
import { linuxScheduling } from '../ports/host/linux/scheduling.ts'
import { exposeControl } from './messaging/control.ts'
import { Supervisor, type SupervisorOptions } from './supervision/supervisor.ts'
import { openMainHost } from './threads/main-host.ts'
import { openWorkerHost } from './threads/worker-host.ts'

export interface ActorSystemOptions extends SupervisorOptions {
  /** The module that exports `actors: ActorLoaders`; each Worker imports it, so what it imports statically must be little. */
  readonly compositionUrl: URL
  /** The supervisor's own clock, by which it watches and waits; default the kernel's. */
  readonly clock?: Clock
}

/**
 * The actors of one process on threads: the supervisor on the main thread, each actor on a Worker of its own or on the main
 * thread. `spawn` all plans, then `start`; after `stop` nothing is left that keeps the process alive.
 */
export class ActorSystem extends Supervisor<MessagePort> {
  constructor(options: ActorSystemOptions) {
    const clock = options.clock ?? linuxClock
    super(
      {
        clock,
        open: (plan, seed, listener) =>
          plan.placement === 'worker'
            ? openWorkerHost(plan, seed, listener, options.compositionUrl)
            : openMainHost(plan, seed, listener, { clock, random: linuxRandom, scheduling: linuxScheduling }),
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
