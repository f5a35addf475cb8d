import type { CancelTimer, Clock } from '../../ports/host/clock.ts'
import { reasonOf } from '../actor-error.ts'
import type { ActorDescription } from '../inspection/description.ts'
import type { InspectionDetail } from '../inspection/inspection.ts'
import type { Host } from '../threads/host.ts'
import { decideRestart, type SupervisionRules } from './restart-policy.ts'

/** How long a thread may take to start for the first time: all do at once, on a host that may be starting everything else as well. */
const FIRST_START_PATIENCE_MS = 45_000

/** How long it may take to start again, while the others run. */
const RESTART_PATIENCE_MS = 15_000

/** How long a killed thread may take to go, before its place is taken by the next all the same. */
export const KILL_PATIENCE_MS = 2000

/** Why an incarnation ended that was asked to. */
const IN_ORDER = 'stopped'

/**
 * The place of one thread in the process, which outlives its incarnations: opens them, counts their crashes and decides by the rules
 * whether and when the next is opened. What runs on the thread is an actor or a pool's task; their classes say how.
 */
export abstract class SupervisedThread<Command> {
  state: ActorDescription['state'] = 'stopped'
  incarnation = -1
  protected readonly clock: Clock
  protected host: Host<Command> | undefined
  private runningSinceMs = 0
  private crashesAtMs: readonly number[] = []
  private endReason: string | undefined
  private cancelTimer: CancelTimer | undefined
  private firstStart: { resolve(): void; reject(error: unknown): void } | undefined
  private stopping: Promise<void> | undefined
  private stopped: (() => void) | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  protected abstract readonly rules: SupervisionRules
  /** Another number than before whenever the thread has run. */
  abstract readonly signOfLife: number
  /** Has it give a sign of life, where it would not by itself. */
  abstract ping(ping: number): void
  /** Test hook: ends it as a crash of its own. False where it does not run. */
  abstract crash(): boolean

  /** Puts the next incarnation on a thread, which tells `began` and `gone` later. */
  protected abstract open(): Host<Command>
  protected abstract stopCommand(patienceMs: number): Command
  /** It has begun. */
  protected abstract running(): void
  /** It was running, or starting, and is not any more. */
  protected abstract down(reason: string): void
  protected abstract event(detail: InspectionDetail): void
  /** It is past its restarts. */
  protected abstract escalated(reason: string): void

  get name(): string {
    return this.rules.name
  }

  /** Whether it runs, and was not killed a moment ago. */
  get isRunning(): boolean {
    return this.state === 'running' && this.endReason === undefined
  }

  /** Whether it is expected to give signs of life. */
  get isWatched(): boolean {
    return this.isRunning
  }

  /** Starts it for the first time: rejects with what went wrong, and then does not try again. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.firstStart = { resolve, reject }
      this.openNext()
    })
  }

  post(command: Command): void {
    this.host?.post(command)
  }

  /** Ends this incarnation as a crash. */
  kill(reason: string): void {
    const { host } = this
    if (host === undefined || this.endReason !== undefined) return
    this.endReason = reason
    this.after(KILL_PATIENCE_MS, () => this.gone(host, undefined))
    host.kill()
  }

  /**
   * Lets it stop in order, within the patience; then ends it. Resolves when it is gone for good. Only the first call counts: the
   * later ones wait for the same end.
   */
  stop(patienceMs: number): Promise<void> {
    this.stopping ??= this.end(patienceMs)
    return this.stopping
  }

  /** As far as its thread is concerned. */
  describe(): ActorDescription {
    return {
      name: this.name,
      placement: 'worker',
      state: this.state,
      threadId: this.host?.threadId ?? null,
      scheduling: 'ordinary',
      restarts: Math.max(0, this.incarnation),
      upMs: this.state === 'running' ? this.clock.nowMs() - this.runningSinceMs : 0,
      mailbox: 0,
      handled: 0,
      overflowed: 0,
      handling: null,
      handlingMs: null,
    }
  }

  protected began(): void {
    this.cancelTimer?.()
    this.state = 'running'
    this.runningSinceMs = this.clock.nowMs()
    this.running()
    this.firstStart?.resolve()
    this.firstStart = undefined
  }

  /** It has stopped as it was asked to, and its thread is of no more use. */
  protected hasStopped(): void {
    this.kill(IN_ORDER)
  }

  protected gone(host: Host<Command>, error: unknown): void {
    if (host !== this.host) return
    this.cancelTimer?.()
    this.host = undefined
    const reason = this.endReason ?? (error === undefined ? 'its thread ended' : reasonOf(error))
    this.down(reason)
    if (reason !== IN_ORDER) this.event({ type: 'crashed', reason })
    if (this.stopped !== undefined) {
      this.event({ type: 'stopped' })
      this.stopped()
    } else if (this.firstStart !== undefined) {
      this.failStart(reason, error)
    } else {
      this.crashed(reason)
    }
  }

  private end(patienceMs: number): Promise<void> {
    this.firstStart?.reject(new Error(`${this.name} was stopped while it started`))
    this.firstStart = undefined
    const wasRunning = this.state === 'running'
    this.state = 'stopped'
    if (this.host === undefined) {
      this.cancelTimer?.()
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      this.stopped = resolve
      if (!wasRunning) return this.kill(IN_ORDER)
      if (this.endReason !== undefined) return
      const ownMs = Math.max(patienceMs, this.rules.stopPatienceMs ?? 0)
      this.after(ownMs, () => this.kill(`did not stop within ${ownMs} ms`))
      this.post(this.stopCommand(ownMs))
    })
  }

  private openNext(): void {
    this.incarnation += 1
    this.state = 'starting'
    this.endReason = undefined
    this.event({ type: 'spawned', incarnation: this.incarnation })
    const patienceMs = this.incarnation === 0 ? FIRST_START_PATIENCE_MS : RESTART_PATIENCE_MS
    this.after(patienceMs, () => this.kill(`did not start within ${patienceMs / 1000} s`))
    this.host = this.open()
  }

  private failStart(reason: string, cause: unknown): void {
    this.state = 'stopped'
    this.firstStart?.reject(new ActorStartError(this.name, reason, { cause }))
    this.firstStart = undefined
  }

  private crashed(reason: string): void {
    const decision = decideRestart(this.rules.restart, this.crashesAtMs, this.clock.nowMs())
    switch (decision.type) {
      case 'restart':
        this.state = 'backoff'
        this.crashesAtMs = decision.crashesAtMs
        this.event({ type: 'restarting', incarnation: this.incarnation + 1, delayMs: decision.delayMs })
        this.after(decision.delayMs, () => this.openNext())
        return
      case 'escalate': {
        const told = `${decision.reason}; the last: ${reason}`
        this.state = 'stopped'
        this.event({ type: 'escalated', reason: told })
        this.escalated(told)
        return
      }
      default:
        decision satisfies never
    }
  }

  /** The one timer of a charge: whatever it waits for now. */
  private after(delayMs: number, fire: () => void): void {
    this.cancelTimer?.()
    this.cancelTimer = this.clock.setTimer(delayMs, fire)
  }
}

/** What was to run could not be started when the system was. `cause` is what it threw. */
export class ActorStartError extends Error {
  readonly code = 'ESTART'
  readonly actor: string

  constructor(actor: string, reason: string, options: ErrorOptions) {
    super(`${actor} could not start: ${reason}`, options)
    this.name = 'ActorStartError'
    this.actor = actor
  }
}
