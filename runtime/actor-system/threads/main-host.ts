import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../../ports/host/clock.ts'
import type { Random } from '../../ports/host/random.ts'
import type { Scheduling } from '../../ports/host/scheduling.ts'
import { PortChannel } from '../messaging/channel.ts'
import { exposeControl, remoteControl } from '../messaging/control.ts'
import type { ActorSeed } from '../messaging/protocol.ts'
import { ActorCell } from '../supervision/cell.ts'
import { type ActorPlan, PlanError } from '../supervision/plan.ts'
import { blockThread } from './block-thread.ts'
import type { ActorHost, HostListener } from './host.ts'

/** What an actor on the main thread stands on. */
export interface MainPorts {
  readonly clock: Clock
  readonly random: Random
  readonly scheduling: Scheduling
}

/** An actor on the main thread. Nothing watches it: whoever would is blocked with it. */
export function openMainHost(
  plan: ActorPlan,
  seed: ActorSeed,
  listener: HostListener,
  ports: MainPorts,
): ActorHost<MessagePort> {
  const { start } = plan
  if (start === undefined)
    throw new PlanError(`${plan.name} is placed on the main thread: its plan needs a start function`)
  const { clock, random, scheduling } = ports
  let isGone = false
  // Told in a later turn, as a Worker's end is: an actor may crash deep inside a call from the supervisor.
  const tellGone = (error?: unknown): void => {
    if (isGone) return
    isGone = true
    setImmediate(() => listener.gone(error))
  }
  const cell = new ActorCell<MessagePort>(seed, {
    clock,
    random,
    scheduling,
    channel: (port) => new PortChannel(port),
    exposeControl,
    remoteControl,
    report: (report) => {
      if (!isGone) setImmediate(() => listener.report(report))
    },
    crashed(error) {
      // Its thread lives on, so that nothing is given back by itself.
      cell.release()
      tellGone(error)
    },
    block: blockThread,
  })
  void cell.run(start)
  return {
    threadId: 0,
    // In a later turn, as a Worker would take it.
    post: (command) => {
      setImmediate(() => cell.take(command))
    },
    kill() {
      cell.end()
      // It may not have stopped, or not have come to an end with it: its thread lives on, so that nothing is given back by itself.
      cell.release()
      tellGone()
    },
  }
}
