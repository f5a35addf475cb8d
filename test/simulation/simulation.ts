import type { InspectionEvent } from '../../runtime/actor-system/inspection/inspection.ts'
import { type EnvelopeKind, unpackEnvelope } from '../../runtime/actor-system/messaging/envelope.ts'
import {
  type StopOrder,
  Supervisor,
  type SupervisorOptions,
} from '../../runtime/actor-system/supervision/supervisor.ts'
import type { LogLevel } from '../../runtime/ports/host/syslog.ts'
import { FakeClock } from '../fakes/clock.ts'
import { SeededRandom } from '../fakes/random.ts'
import { SimulatedPlatform } from './simulated-platform.ts'
import type { SimulatedPort } from './simulated-port.ts'

export interface WorldOptions {
  /** The same seed and the same actors give the same run, message by message. */
  readonly seed: number
  /** Messages to keep in `trace`, the newest; default 0: tracing costs an unpacking per message. */
  readonly traceCapacity?: number
}

/** A message that was taken from a mailbox. */
export interface TracedMessage {
  readonly atMs: number
  readonly system: string
  readonly from: string
  readonly to: string
  readonly kind: EnvelopeKind
  readonly message: unknown
}

export interface SimulatedLogLine {
  readonly atMs: number
  readonly actor: string
  readonly level: LogLevel
  readonly line: string
}

/** Log lines and events that a simulated system keeps, the newest. */
const KEPT = 10_000

function keep<Item>(items: Item[], item: Item, capacity: number): void {
  items.push(item)
  // In steps, since shifting costs as much as the list is long.
  if (items.length >= 2 * capacity) items.splice(0, items.length - capacity)
}

/**
 * A world with a clock of its own in which any number of systems live: the deterministic twin of gateways on a network. The
 * actors, their links, mailboxes and supervision are the real ones; only threads, time and chance are simulated.
 */
export class World {
  readonly clock = new FakeClock()
  readonly random: SeededRandom
  readonly trace: TracedMessage[] = []
  private readonly traceCapacity: number

  constructor(options: WorldOptions) {
    this.random = new SeededRandom(options.seed)
    this.traceCapacity = options.traceCapacity ?? 0
  }

  /** A process in this world; `spawn` its plans, each with a start function, then `start` it. */
  createSystem(name: string, options: Partial<SupervisorOptions> = {}): SimulatedSystem {
    const tap = (from: string, to: string, bytes: unknown): void => {
      const envelope = unpackEnvelope(bytes)
      if (envelope === undefined) return
      const { kind, payload } = envelope
      keep(this.trace, { atMs: this.clock.nowMs(), system: name, from, to, kind, message: payload }, this.traceCapacity)
    }
    const platform = new SimulatedPlatform(this.clock, this.random.fork(), this.traceCapacity > 0 ? tap : undefined)
    return new SimulatedSystem(this, platform, options)
  }

  /** Lets `ms` go by; all that is due on the way happens. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.clock.nowMs() + ms
    await drive(() => this.clock.fireNext(untilMs))
    this.clock.jumpTo(untilMs)
  }

  /** Lets time go by until the predicate holds; false where it does not within `maxMs`. */
  async runUntil(predicate: () => boolean, maxMs: number): Promise<boolean> {
    const untilMs = this.clock.nowMs() + maxMs
    let holds = false
    await drive(() => {
      holds = predicate()
      return !holds && this.clock.fireNext(untilMs)
    })
    if (!holds) this.clock.jumpTo(untilMs)
    return holds
  }

  /** Lets time go by until the promise settles, and gives its outcome; rejects where it does not within `maxMs`. */
  async settle<Value>(promise: Promise<Value>, maxMs = 60_000): Promise<Value> {
    let isSettled = false
    const note = (): void => {
      isSettled = true
    }
    promise.then(note, note)
    if (!(await this.runUntil(() => isSettled, maxMs)))
      throw new Error(`nothing came of it within ${maxMs} simulated ms`)
    return promise
  }
}

/** One simulated process. */
export class SimulatedSystem extends Supervisor<SimulatedPort> {
  readonly logs: SimulatedLogLine[] = []
  readonly events: InspectionEvent[] = []
  readonly escalations: { readonly actor: string; readonly reason: string }[] = []
  private readonly world: World
  private readonly threads: SimulatedPlatform

  constructor(world: World, platform: SimulatedPlatform, options: Partial<SupervisorOptions>) {
    super(platform, {
      hooksEnabled: true,
      ...options,
      onLog: (actor, level, line, fields, saidAtMs) => {
        keep(this.logs, { atMs: world.clock.nowMs(), actor, level, line }, KEPT)
        options.onLog?.(actor, level, line, fields, saidAtMs)
      },
      onEscalation: (actor, reason) => {
        this.escalations.push({ actor, reason })
        options.onEscalation?.(actor, reason)
      },
      onInspection: (event) => {
        keep(this.events, event, KEPT)
        options.onInspection?.(event)
      },
    })
    this.world = world
    this.threads = platform
  }

  /** Starts it, letting time go by meanwhile. */
  override start(): Promise<void> {
    return this.world.settle(super.start())
  }

  /** Stops it in order, letting time go by meanwhile. */
  override stop(order: StopOrder, patienceMs: number): Promise<void> {
    return this.world.settle(super.stop(order, patienceMs))
  }

  /** The whole process stands still for so long, as between SIGSTOP and SIGCONT. */
  freeze(forMs: number): void {
    this.threads.freeze(forMs)
  }

  /** The whole process is gone from now on, as after SIGKILL. */
  destroy(): void {
    this.threads.destroy()
  }
}

/** Steps that are taken in one turn of the event loop. */
const STEPS_PER_TURN = 256

/**
 * Takes steps until one says that it was the last. Each is an immediate of its own, since Node settles every promise between two
 * immediates; many of them in one turn, since otherwise two thirds of the time would go into asking the kernel for events.
 */
function drive(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let isDone = false
    const takeStep = (): void => {
      if (isDone) return
      try {
        isDone = !step()
        if (isDone) resolve()
      } catch (error) {
        isDone = true
        reject(error)
      }
    }
    const takeTurn = (): void => {
      if (isDone) return
      for (let steps = 0; steps < STEPS_PER_TURN; steps++) setImmediate(takeStep)
      setImmediate(takeTurn)
    }
    takeTurn()
  })
}
