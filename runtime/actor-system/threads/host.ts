import type { Clock } from '../../ports/host/clock.ts'
import type { Control } from '../actor.ts'
import type { ActorCommand, ActorReport, ActorSeed } from '../messaging/protocol.ts'
import type { ActorPlan } from '../supervision/plan.ts'

/** Where one incarnation of something supervised lives: a thread of its own or of a pool, the main thread, or a simulated one. */
export interface Host<Command> {
  readonly threadId: number | null
  post(command: Command): void
  /** Ends it whatever it is doing; `gone` follows, unless its thread is stuck outside of JavaScript. */
  kill(): void
}

export type ActorHost<Port> = Host<ActorCommand<Port>>

export interface HostListener {
  report(report: ActorReport): void
  /** It lives no more, by this error or because it was killed. Called once. */
  gone(error?: unknown): void
}

/** What a supervisor runs actors on. */
export interface Platform<Port> {
  readonly clock: Clock
  open(plan: ActorPlan, seed: ActorSeed, listener: HostListener): ActorHost<Port>
  channel(): readonly [Port, Port]
  /** Exposes a control of the supervisor itself; returns how to end it. */
  exposeControl(control: Control, port: Port): () => void
}
