import type { Clock } from '../ports/host/clock.ts'
import type { Random } from '../ports/host/random.ts'
import type { LogLevel } from '../ports/host/syslog.ts'
import type { InspectionDetail } from './inspection/inspection.ts'
import type { StepObserver } from './machine/observed-step.ts'

/** For each peer that an actor may address: the union of messages which that peer takes. */
export type PeerMessages = { readonly [peer: string]: unknown }

/**
 * What happens when a mailbox is full (its sender can tell, by a counter that both ends share):
 * - `dropNewest`: the message is discarded, counted and reported as a dead letter;
 * - `keepLatest`: of each message `type` the sender holds back only the newest, and posts it when there is room.
 */
export type OverflowPolicy = 'dropNewest' | 'keepLatest'

export interface MailboxOptions {
  /** Messages per link that may be under way. */
  readonly capacity: number
  readonly overflow: OverflowPolicy
}

/** A calls-back-later object: every method may be called over comlink from another thread. */
// biome-ignore lint/suspicious/noExplicitAny: the parameters of a control call are the actor's own affair
export type Control = { readonly [method: string]: (...parameters: any[]) => unknown }

/** A control object as seen from another thread. */
export type RemoteControl<Of extends Control> = {
  readonly [Method in keyof Of]: (...parameters: Parameters<Of[Method]>) => Promise<Awaited<ReturnType<Of[Method]>>>
}

/** All that an actor may use of the system. The same on a Worker thread, on the main thread and in the simulation. */
export interface ActorContext<Peers extends PeerMessages = PeerMessages> {
  readonly name: string
  /** 0 at the first start, one more after each restart. */
  readonly incarnation: number
  readonly clock: Clock
  readonly random: Random
  /** At most once delivery, in order per link. Never throws and never blocks: what cannot be delivered is a dead letter. */
  send<To extends keyof Peers & string>(to: To, message: Peers[To]): void
  /** Resolves with the reply. Rejects with an `ActorError` of code `ETIMEOUT`, `EPEERDOWN` or `EREFUSED`. */
  request<To extends keyof Peers & string>(to: To, message: Peers[To], timeoutMs: number): Promise<unknown>
  log(level: LogLevel, line: string, fields?: Readonly<Record<string, unknown>>): void
  inspect(detail: InspectionDetail): void
  /** Who looks on at the steps of this actor's machines at this moment, if anybody does. */
  readonly observer: StepObserver | undefined
  /**
   * What a port is to call back: runs nothing once the actor has ended, and what it throws, now or as a promise, is the actor's crash.
   * Every callback of every port goes through it; on the main thread an error that nobody catches ends the gateway.
   */
  guard<Parameters extends readonly unknown[]>(
    call: (...parameters: Parameters) => unknown,
  ): (...parameters: Parameters) => void
  /** The control object of another actor, or of the `supervisor`; undefined while it is down or if none was granted. */
  control<Of extends Control>(actor: string): RemoteControl<Of> | undefined
}

/** A running actor. Whatever a method throws crashes the actor; the supervisor restarts it. */
export interface ActorInstance<Takes, Options = unknown> {
  /** One message. `reply` is there when the sender asked by `request`. */
  receive(message: Takes, from: string, reply?: (value: unknown) => void): void
  /** A peer (re)started and can be sent to. Called for every peer once after start too. */
  peerUp?(peer: string): void
  /** A peer crashed or stopped; what was under way to it is lost. */
  peerDown?(peer: string): void
  /** Every event of every actor, for the actor that asked for it (`observes: true`). */
  observe?(event: import('./inspection/inspection.ts').InspectionEvent): void
  readonly control?: Control
  /** Goes by these options from now on, without a new start; confirmed when it returns, or what it returns resolves. */
  configure?(options: Options): void | Promise<void>
  /** Ordered shutdown: release what is held. Bounded by the supervisor's patience. */
  stop?(): void | Promise<void>
  /** It has crashed, and its thread goes on: gives back what it holds, and waits for nothing. Without it that is what `stop` is for. */
  release?(): void
}

/** Starts an actor. `Ports` are the outside world, `Options` what its configuration says; both are made by the composition. */
export type StartActor<Options, Ports, Takes, Peers extends PeerMessages> = (
  context: ActorContext<Peers>,
  options: Options,
  ports: Ports,
) => ActorInstance<Takes, Options> | Promise<ActorInstance<Takes, Options>>
