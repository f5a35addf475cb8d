import type { Clock } from '../../ports/host/clock.ts'
import type { Random } from '../../ports/host/random.ts'
import type { RecordingFile } from '../../ports/host/recording-file.ts'
import type { Scheduling } from '../../ports/host/scheduling.ts'
import type { ActorContext, ActorInstance, Control, RemoteControl } from '../actor.ts'
import { ActorError, peerIsDown } from '../actor-error.ts'
import { ActorLog } from '../inspection/actor-log.ts'
import { InspectionOutlet } from '../inspection/inspection-outlet.ts'
import { LogThreshold } from '../inspection/log-threshold.ts'
import { Counters } from '../machine/counters.ts'
import { OwnedClock } from '../machine/owned-clock.ts'
import type { Channel } from '../messaging/channel.ts'
import { ControlDesk, type ControlTransport } from '../messaging/control-desk.ts'
import { DeadLetters } from '../messaging/dead-letters.ts'
import { type Envelope, messageType } from '../messaging/envelope.ts'
import { Link } from '../messaging/link.ts'
import { UnderWay } from '../messaging/mailbox.ts'
import { PendingRequests } from '../messaging/pending-requests.ts'
import type { ActorCommand, ActorReport, ActorSeed } from '../messaging/protocol.ts'
import { ThreadPace } from '../threads/thread-pace.ts'
import { StepLookers } from './step-lookers.ts'
import { Watching } from './watching.ts'

/** Requests of one actor that may wait for an answer at the same time. */
const MAX_PENDING_REQUESTS = 1024

/** The ground that a cell stands on: a Worker thread, the main thread, or the simulation. */
export interface Ground<Port> extends ControlTransport<Port> {
  readonly clock: Clock
  readonly random: Random
  /** Of the thread that it stands on; none where an actor's thread is nobody's to schedule. */
  readonly scheduling: Scheduling | undefined
  channel(port: Port): Channel
  /** Where the steps of that machine are written down; it is there where the seed says that they are. */
  recordingFile?(machine: string): RecordingFile
  /** To the supervisor. */
  report(report: ActorReport): void
  /** The actor is dead by this error. On a Worker this throws, which ends the thread. */
  crashed(error: unknown): void
  /** Runs what is the actor's, where others are on its thread: what it opens is known to be its own. */
  within?<Value>(call: () => Value): Value
  /** Test hook: the thread does nothing for that long. */
  block(forMs: number): void
}

/** An actor as it is started by the system, whatever its messages: what the composition makes of a `StartActor`. */
export type StartCell = (
  context: ActorContext,
  options: unknown,
) => ActorInstance<unknown> | Promise<ActorInstance<unknown>>

/**
 * One incarnation of one actor: its links, its questions, its timers and its log. Everything that the actor's code throws ends
 * up in `fail`, and after that nothing of the actor runs any more.
 */
export class ActorCell<Port> {
  private readonly seed: ActorSeed
  private readonly ground: Ground<Port>
  private readonly counters: Counters
  private readonly watching: Watching
  private readonly clock: OwnedClock
  private readonly requests: PendingRequests
  private readonly logLines: ActorLog
  private readonly deadLetters: DeadLetters
  private readonly outlet: InspectionOutlet
  private readonly eventsIn: UnderWay
  private readonly links = new Map<string, Link>()
  private readonly controls: ControlDesk<Port>
  private readonly context: ActorContext
  private readonly pace: ThreadPace | undefined
  private readonly lookers: StepLookers
  /** Whom it may send to. */
  private peers: readonly string[]
  private instance: ActorInstance<unknown> | undefined
  private ended = false
  /** It was let give back what it holds; once is enough. */
  private released = false

  constructor(seed: ActorSeed, ground: Ground<Port>) {
    this.seed = seed
    this.ground = ground
    this.peers = seed.peers
    this.counters = new Counters(seed.counters)
    this.watching = new Watching(seed.watching)
    this.eventsIn = new UnderWay(seed.eventCredits, 1)
    this.clock = new OwnedClock(ground.clock, (call) => this.guard(call))
    this.requests = new PendingRequests(this.clock, MAX_PENDING_REQUESTS)
    this.controls = new ControlDesk(ground, this.clock)
    const report = (told: ActorReport): void => this.ground.report(told)
    this.outlet = new InspectionOutlet(new UnderWay(seed.eventCredits, 0), this.clock, report)
    this.logLines = new ActorLog(this.clock, new LogThreshold(seed.logThreshold), (level, line, fields) =>
      report({ type: 'log', level, line, atMs: this.clock.nowMs(), ...(fields && { fields }) }),
    )
    this.deadLetters = new DeadLetters((detail) => this.outlet.inspect(detail), this.clock.nowMs())
    this.lookers = new StepLookers(seed, ground, this.logLines)
    this.context = this.createContext()
    this.pace = this.createPace()
  }

  /** Starts the actor, and reports it started; resolves then, or when it failed. */
  async run(start: StartCell): Promise<void> {
    let instance: ActorInstance<unknown>
    this.pace?.start()
    try {
      instance = await this.within(() => start(this.context, this.seed.options))
    } catch (error) {
      this.fail(error)
      return
    }
    this.instance = instance
    if (this.ended) return this.release()
    this.ground.report({ type: 'started', hasControl: instance.control !== undefined })
  }

  take(command: ActorCommand<Port>): void {
    if (this.ended) return
    switch (command.type) {
      case 'introduce':
        this.introduce(command)
        break
      case 'exposeControl':
        if (this.instance?.control) this.controls.expose(this.instance.control, command.port)
        break
      case 'grantControl':
        this.controls.grant(command.actor, command.port)
        break
      case 'ping':
        this.counters.answer(command.ping)
        break
      case 'observe':
        this.eventsIn.taken()
        this.guard(() => this.instance?.observe?.(command.event))
        break
      case 'configure':
        this.configure(command.options)
        break
      case 'relink':
        this.peers = command.peers
        break
      case 'stop':
        void this.stop()
        break
      case 'crash':
        this.guard(() => {
          throw new Error('crashed on purpose, by the test hook')
        })
        break
      case 'stall':
        this.ground.block(command.forMs)
        break
      default:
        command satisfies never
    }
  }

  /** Ends it without its consent: its links close, its timers never fire. */
  end(): void {
    if (this.ended) return
    this.ended = true
    this.pace?.end()
    this.clock.cancelAll()
    for (const link of this.links.values()) link.close()
    this.links.clear()
    this.controls.close()
  }

  /** For an actor that is gone and whose thread lives on: lets it give back what it holds, as far as it still can and has not. */
  release(): void {
    if (this.released || this.instance === undefined) return
    this.released = true
    const { instance } = this
    try {
      if (instance.release !== undefined) instance.release()
      else void Promise.resolve(instance.stop?.()).catch(() => {})
    } catch {
      // It has crashed already, by the error that was reported.
    }
  }

  private configure(options: unknown): void {
    const confirm = (): void => {
      if (!this.ended) this.ground.report({ type: 'configured' })
    }
    this.guard(() => {
      if (this.instance?.configure === undefined) throw new Error(`${this.seed.name} takes no other options`)
      const configured = this.instance.configure(options)
      if (configured instanceof Promise) return configured.then(confirm)
      return confirm()
    })
  }

  private async stop(): Promise<void> {
    this.released = true
    try {
      await this.within(() => this.instance?.stop?.())
    } catch (error) {
      this.fail(error)
      return
    }
    if (this.ended) return
    this.end()
    await this.lookers.end()
    this.ground.report({ type: 'stopped' })
  }

  private introduce(command: ActorCommand<Port> & { readonly type: 'introduce' }): void {
    const { peer, credits, direction } = command
    this.forget(peer)
    if (this.ended) return
    const link = new Link({
      peer,
      channel: this.ground.channel(command.port),
      peerMailbox: command.peerMailbox,
      peerCounters: new Counters(command.peerCounters),
      sending: new UnderWay(credits, direction),
      receiving: new UnderWay(credits, direction === 0 ? 1 : 0),
      clock: this.clock,
      watching: this.watching,
      listener: {
        arrived: (from, envelope, bytes) => this.arrived(from, envelope, bytes),
        corrupt: (from) => this.corrupt(from),
        lost: (to, type, reason) => this.deadLetters.add(to.peer, type, reason, this.clock.nowMs()),
        closed: (from) => this.linkClosed(from),
      },
    })
    this.links.set(peer, link)
    if (this.peers.includes(peer)) this.guard(() => this.instance?.peerUp?.(peer))
    if (!this.ended) link.listen()
  }

  /** The peer's new incarnation was announced before its old one's link said that it closed: finish with the old one first. */
  private forget(peer: string): void {
    const old = this.links.get(peer)
    if (old === undefined) return
    old.drain()
    this.linkClosed(old)
  }

  private linkClosed(link: Link): void {
    if (this.ended || this.links.get(link.peer) !== link) return
    this.links.delete(link.peer)
    link.close()
    this.requests.peerDown(link.peer)
    if (this.peers.includes(link.peer)) this.guard(() => this.instance?.peerDown?.(link.peer))
  }

  private arrived(link: Link, envelope: Envelope, bytes: number): void {
    if (this.ended) return
    const { kind, correlation, payload } = envelope
    this.counters.add('handled')
    if (this.watching.on) this.showMessage(link, envelope, bytes)
    switch (kind) {
      case 'tell':
        this.guard(() => this.instance?.receive(payload, link.peer))
        break
      case 'request':
        this.guard(() => this.instance?.receive(payload, link.peer, this.replyOnce(link, correlation)))
        break
      case 'reply':
        this.requests.answered(link.peer, correlation, payload)
        break
      default:
        kind satisfies never
    }
  }

  private showMessage(link: Link, envelope: Envelope, bytes: number): void {
    const waitedMs = envelope.sentAtMs === 0 ? 0 : this.clock.nowMs() - envelope.sentAtMs
    const message = envelope.kind === 'reply' ? 'reply' : messageType(envelope.payload)
    this.outlet.inspect({ type: 'message', from: link.peer, message, bytes, waitedMs })
  }

  private replyOnce(link: Link, correlation: number): (value: unknown) => void {
    let replied = false
    return (value) => {
      if (replied || this.ended || this.links.get(link.peer) !== link) return
      replied = true
      link.reply(correlation, value)
    }
  }

  private corrupt(link: Link): void {
    if (this.ended) return
    this.counters.add('corrupt')
    this.deadLetters.add(this.seed.name, `from ${link.peer}`, 'corrupt', this.clock.nowMs())
  }

  /** Runs the actor's code; what it throws, now or as a promise, is its crash. */
  private guard(call: () => unknown): void {
    if (this.ended) return
    this.counters.add('turns')
    const beganMs = this.ground.clock.nowMs()
    try {
      const result = this.within(call)
      if (result instanceof Promise) result.catch((error: unknown) => this.fail(error))
    } catch (error) {
      this.fail(error)
    } finally {
      this.counters.handling.note(this.ground.clock.nowMs() - beganMs)
    }
  }

  private within<Value>(call: () => Value): Value {
    return this.ground.within === undefined ? call() : this.ground.within(call)
  }

  private fail(error: unknown): void {
    if (this.ended) return
    this.end()
    this.ground.crashed(error)
  }

  private createPace(): ThreadPace | undefined {
    const { scheduling } = this.ground
    if (scheduling === undefined || !this.seed.realtime) return undefined
    return new ThreadPace(this.seed.name, scheduling, this.clock, {
      log: (level, line) => this.logLines.write(level, line),
      changed: (to) => this.ground.report({ type: 'scheduling', scheduling: to }),
    })
  }

  private createContext(): ActorContext {
    const { lookers } = this
    return {
      name: this.seed.name,
      incarnation: this.seed.incarnation,
      clock: this.clock,
      random: this.ground.random,
      send: (to, message) => {
        const link = this.linkTo(to)
        if (link !== undefined) return link.tell(message)
        this.undeliverable(to, message)
      },
      request: (to, message, timeoutMs) => {
        const link = this.linkTo(to)
        if (link !== undefined)
          return this.requests.ask(to, to, timeoutMs, (correlation) => link.ask(correlation, message))
        this.undeliverable(to, message)
        if (this.peers.includes(to)) return Promise.reject(peerIsDown(to))
        return Promise.reject(new ActorError('EREFUSED', `${to} is no peer of ${this.seed.name}; name it in its plan`))
      },
      log: (level, line, fields) => this.logLines.write(level, line, fields),
      inspect: (detail) => this.outlet.inspect(detail),
      get observer() {
        return lookers.now
      },
      guard:
        (call) =>
        (...parameters) =>
          this.guard(() => call(...parameters)),
      // The caller names the type of the control that it was granted; only its messages.ts can know it.
      control: <Of extends Control>(actor: string) =>
        this.controls.find(actor) as unknown as RemoteControl<Of> | undefined,
    }
  }

  private linkTo(peer: string): Link | undefined {
    return this.peers.includes(peer) ? this.links.get(peer) : undefined
  }

  private undeliverable(to: string, message: unknown): void {
    if (this.ended) return
    const reason = this.peers.includes(to) ? 'peerDown' : 'noPeer'
    this.deadLetters.add(to, messageType(message), reason, this.clock.nowMs())
  }
}
