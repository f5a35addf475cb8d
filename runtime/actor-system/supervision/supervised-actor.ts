import type { CancelTimer } from '../../ports/host/clock.ts'
import type { SchedulingClass } from '../../ports/host/scheduling.ts'
import { reasonOf } from '../actor-error.ts'
import type { ActorDescription } from '../inspection/description.ts'
import type { InspectionDetail } from '../inspection/inspection.ts'
import { Counters } from '../machine/counters.ts'
import { createLinkCredits } from '../messaging/mailbox.ts'
import type { ActorCommand, ActorReport } from '../messaging/protocol.ts'
import type { ActorHost, Platform } from '../threads/host.ts'
import type { ActorPlan } from './plan.ts'
import { decideRestart } from './restart-policy.ts'
import type { Watching } from './watching.ts'

/** How long an actor may take to start. */
const START_PATIENCE_MS = 15_000

/** How long a killed thread may take to go, before its place is taken by the next all the same. */
const KILL_PATIENCE_MS = 2000

/** Why an incarnation ended that was asked to. */
const IN_ORDER = 'stopped'

/** What a charge tells the supervisor. */
export interface SupervisionListener<Port> {
  running(charge: SupervisedActor<Port>): void
  /** It was running, or starting, and is not any more. */
  down(charge: SupervisedActor<Port>): void
  escalated(charge: SupervisedActor<Port>, reason: string): void
  report(charge: SupervisedActor<Port>, report: ActorReport & { readonly type: 'log' | 'inspect' }): void
  event(charge: SupervisedActor<Port>, detail: InspectionDetail): void
}

/**
 * The place of one actor in the system, which outlives its incarnations: opens them, counts their crashes and decides by the
 * plan whether and when the next is opened.
 */
export class SupervisedActor<Port> {
  plan: ActorPlan
  readonly counters = new Counters()
  state: ActorDescription['state'] = 'stopped'
  incarnation = -1
  hasControl = false
  eventCredits = createLinkCredits()
  private scheduling: SchedulingClass = 'ordinary'
  private readonly platform: Platform<Port>
  private readonly watching: Watching
  private readonly listener: SupervisionListener<Port>
  private host: ActorHost<Port> | undefined
  private runningSinceMs = 0
  private crashesAtMs: readonly number[] = []
  private endReason: string | undefined
  private cancelTimer: CancelTimer | undefined
  private firstStart: { resolve(): void; reject(error: unknown): void } | undefined
  private stopping: Promise<void> | undefined
  private stopped: (() => void) | undefined
  /** Who waits for the answer to a `configure`, first come first. */
  private configuring: (() => void)[] = []
  /** This incarnation was born with other options. */
  private isOutdated = false

  constructor(plan: ActorPlan, platform: Platform<Port>, watching: Watching, listener: SupervisionListener<Port>) {
    this.plan = plan
    this.platform = platform
    this.watching = watching
    this.listener = listener
  }

  /** Starts it for the first time: rejects with what went wrong, and then does not try again. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.firstStart = { resolve, reject }
      this.open()
    })
  }

  post(command: ActorCommand<Port>): void {
    this.host?.post(command)
  }

  /** Whether its Worker is expected to answer pings. */
  get isWatched(): boolean {
    return this.plan.placement === 'worker' && this.state === 'running' && this.endReason === undefined
  }

  /**
   * From now on it is run with these options. Resolves when it goes by them: at once where it does not run, since the next
   * incarnation is born with them.
   */
  configure(options: unknown): Promise<void> {
    this.plan = { ...this.plan, options }
    if (this.host === undefined || this.state === 'stopped') return Promise.resolve()
    return new Promise((resolve) => {
      this.configuring.push(resolve)
      if (this.state === 'running') this.post({ type: 'configure', options })
      else this.isOutdated = true
    })
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

  describe(mailbox: number): ActorDescription {
    return {
      name: this.plan.name,
      placement: this.plan.placement,
      state: this.state,
      threadId: this.host?.threadId ?? null,
      scheduling: this.scheduling,
      restarts: Math.max(0, this.incarnation),
      upMs: this.state === 'running' ? this.platform.clock.nowMs() - this.runningSinceMs : 0,
      mailbox,
      handled: this.counters.read('handled'),
      overflowed: this.counters.read('overflowed'),
    }
  }

  private end(patienceMs: number): Promise<void> {
    this.firstStart?.reject(new Error(`${this.plan.name} was stopped while it started`))
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
      const ownMs = Math.max(patienceMs, this.plan.stopPatienceMs ?? 0)
      this.after(ownMs, () => this.kill(`did not stop within ${ownMs} ms`))
      this.post({ type: 'stop' })
    })
  }

  private open(): void {
    this.incarnation += 1
    this.state = 'starting'
    this.endReason = undefined
    this.eventCredits = createLinkCredits()
    this.scheduling = 'ordinary'
    this.isOutdated = false
    const { name, peers, options, realtime = false } = this.plan
    const seed = {
      name,
      incarnation: this.incarnation,
      peers,
      options,
      counters: this.counters.shared,
      watching: this.watching.shared,
      realtime,
      eventCredits: this.eventCredits,
    }
    this.listener.event(this, { type: 'spawned', incarnation: this.incarnation })
    this.after(START_PATIENCE_MS, () => this.kill(`did not start within ${START_PATIENCE_MS / 1000} s`))
    const host: ActorHost<Port> = this.platform.open(this.plan, seed, {
      report: (report) => this.reported(host, report),
      gone: (error) => this.gone(host, error),
    })
    this.host = host
  }

  private reported(host: ActorHost<Port>, report: ActorReport): void {
    if (host !== this.host) return
    switch (report.type) {
      case 'log':
      case 'inspect':
        this.listener.report(this, report)
        break
      case 'started':
        if (this.state === 'starting') this.started(report.hasControl)
        break
      case 'scheduling':
        this.scheduling = report.scheduling
        break
      case 'stopped':
        this.kill(IN_ORDER)
        break
      case 'configured':
        this.configuring.shift()?.()
        break
      default:
        report satisfies never
    }
  }

  private started(hasControl: boolean): void {
    this.cancelTimer?.()
    this.state = 'running'
    this.hasControl = hasControl
    this.runningSinceMs = this.platform.clock.nowMs()
    this.listener.running(this)
    // One order for all that came while it started: it is the last that counts.
    if (this.isOutdated) {
      const waiting = this.configuring.splice(0)
      this.configuring.push(() => {
        for (const resolve of waiting) resolve()
      })
      this.post({ type: 'configure', options: this.plan.options })
    }
    this.firstStart?.resolve()
    this.firstStart = undefined
  }

  private gone(host: ActorHost<Port>, error: unknown): void {
    if (host !== this.host) return
    this.cancelTimer?.()
    this.host = undefined
    // The next incarnation is born with what it was to go by.
    for (const resolve of this.configuring.splice(0)) resolve()
    this.listener.down(this)
    const reason = this.endReason ?? (error === undefined ? 'its thread ended' : reasonOf(error))
    if (reason !== IN_ORDER) this.listener.event(this, { type: 'crashed', reason })
    if (this.stopped !== undefined) {
      this.listener.event(this, { type: 'stopped' })
      this.stopped()
    } else if (this.firstStart !== undefined) {
      this.failStart(reason, error)
    } else {
      this.crashed(reason)
    }
  }

  private failStart(reason: string, cause: unknown): void {
    this.state = 'stopped'
    this.firstStart?.reject(new ActorStartError(this.plan.name, reason, { cause }))
    this.firstStart = undefined
  }

  private crashed(reason: string): void {
    const { clock } = this.platform
    const decision = decideRestart(this.plan.restart, this.crashesAtMs, clock.nowMs())
    switch (decision.type) {
      case 'restart':
        this.state = 'backoff'
        this.crashesAtMs = decision.crashesAtMs
        this.listener.event(this, {
          type: 'restarting',
          incarnation: this.incarnation + 1,
          delayMs: decision.delayMs,
        })
        this.after(decision.delayMs, () => this.open())
        return
      case 'escalate':
        this.state = 'stopped'
        this.listener.escalated(this, `${decision.reason}; the last: ${reason}`)
        return
      default:
        decision satisfies never
    }
  }

  /** The one timer of a charge: whatever it waits for now. */
  private after(delayMs: number, fire: () => void): void {
    this.cancelTimer?.()
    this.cancelTimer = this.platform.clock.setTimer(delayMs, fire)
  }
}

/** An actor could not be started when the system was. `cause` is what it threw. */
export class ActorStartError extends Error {
  readonly code = 'ESTART'
  readonly actor: string

  constructor(actor: string, reason: string, options: ErrorOptions) {
    super(`${actor} could not start: ${reason}`, options)
    this.name = 'ActorStartError'
    this.actor = actor
  }
}
