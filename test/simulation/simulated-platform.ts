import type { Control } from '../../runtime/actor-system/actor.ts'
import type { ActorCommand, ActorSeed } from '../../runtime/actor-system/messaging/protocol.ts'
import { ActorCell } from '../../runtime/actor-system/supervision/cell.ts'
import { type ActorPlan, PlanError, SUPERVISOR } from '../../runtime/actor-system/supervision/plan.ts'
import type { ActorHost, HostListener, Platform } from '../../runtime/actor-system/threads/host.ts'
import type { Clock } from '../../runtime/ports/host/clock.ts'
import type { FakeClock } from '../fakes/clock.ts'
import type { SeededRandom } from '../fakes/random.ts'
import { exposeSimulatedControl, remoteSimulatedControl } from './simulated-control.ts'
import { SimulatedPort, type Tap } from './simulated-port.ts'
import { SimulatedThread } from './simulated-thread.ts'

/** The threads of one simulated process. */
export class SimulatedPlatform implements Platform<SimulatedPort> {
  readonly clock: Clock
  private readonly worldClock: FakeClock
  private readonly random: SeededRandom
  private readonly tap: Tap | undefined
  private readonly main: SimulatedThread
  private readonly threads = new Set<SimulatedThread>()
  private readonly cells = new Set<ActorCell<SimulatedPort>>()

  constructor(worldClock: FakeClock, random: SeededRandom, tap: Tap | undefined) {
    this.worldClock = worldClock
    this.random = random
    this.tap = tap
    this.main = new SimulatedThread(worldClock)
    this.threads.add(this.main)
    this.clock = this.main.clock
  }

  channel(): readonly [SimulatedPort, SimulatedPort] {
    return SimulatedPort.pair()
  }

  exposeControl(control: Control, port: SimulatedPort): () => void {
    port.give(SUPERVISOR, this.main)
    return exposeSimulatedControl(control, port)
  }

  open(plan: ActorPlan, seed: ActorSeed, listener: HostListener): ActorHost<SimulatedPort> {
    const { start } = plan
    if (start === undefined) throw new PlanError(`${plan.name}: in a simulation each plan needs a start function`)
    const isWorker = plan.placement === 'worker'
    const thread = isWorker ? new SimulatedThread(this.worldClock) : this.main
    this.threads.add(thread)
    const gone = (error?: unknown): void => {
      this.cells.delete(cell)
      if (isWorker) this.retire(thread)
      this.main.arrive(() => listener.gone(error))
    }
    const cell = new ActorCell<SimulatedPort>(seed, {
      clock: thread.clock,
      random: this.random.fork(),
      scheduling: undefined,
      channel: (port) => port,
      exposeControl: exposeSimulatedControl,
      remoteControl: remoteSimulatedControl,
      report: (report) => this.main.arrive(() => listener.report(report)),
      crashed(error) {
        if (!isWorker) cell.release()
        gone(error)
      },
      block: (forMs) => thread.block(forMs),
    })
    this.cells.add(cell)
    thread.arrive(() => {
      void cell.run(start)
    })
    return {
      threadId: isWorker ? seed.incarnation + 1 : 0,
      post: (command) => this.post(cell, thread, plan.name, command),
      kill() {
        cell.end()
        gone()
      },
    }
  }

  /** The whole process stands still, as after SIGSTOP. */
  freeze(forMs: number): void {
    for (const thread of this.threads) thread.block(forMs)
  }

  /** The whole process is gone, as after SIGKILL: nobody is told, nothing is given back. */
  destroy(): void {
    for (const cell of this.cells) cell.end()
    for (const thread of this.threads) thread.end()
  }

  private retire(thread: SimulatedThread): void {
    thread.end()
    this.threads.delete(thread)
  }

  private post(
    cell: ActorCell<SimulatedPort>,
    thread: SimulatedThread,
    name: string,
    command: ActorCommand<SimulatedPort>,
  ): void {
    // Millions in a simulated day, and their order does not matter: they need not queue.
    if (command.type === 'ping' && !thread.isBlocked) {
      cell.take(command)
      return
    }
    if ('port' in command) command.port.give(name, thread, command.type === 'introduce' ? this.tap : undefined)
    thread.arrive(() => cell.take(command))
  }
}
