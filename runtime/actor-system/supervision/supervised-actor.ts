import type { SchedulingClass } from '../../ports/host/scheduling.ts'
import type { ActorDescription } from '../inspection/description.ts'
import { quantileOf } from '../inspection/histogram.ts'
import type { InspectionDetail } from '../inspection/inspection.ts'
import { LogThreshold } from '../inspection/log-threshold.ts'
import { Counters } from '../machine/counters.ts'
import { createLinkCredits } from '../messaging/mailbox.ts'
import type { ActorCommand, ActorReport, RecordingPlace } from '../messaging/protocol.ts'
import type { ActorHost, Platform } from '../threads/host.ts'
import type { ActorPlan } from './plan.ts'
import { SupervisedThread } from './supervised-thread.ts'
import type { Watching } from './watching.ts'

/** What a charge tells the supervisor. */
export interface SupervisionListener<Port> {
  running(charge: SupervisedActor<Port>): void
  /** It was running, or starting, and is not any more. */
  down(charge: SupervisedActor<Port>): void
  escalated(charge: SupervisedActor<Port>, reason: string): void
  report(charge: SupervisedActor<Port>, report: ActorReport & { readonly type: 'log' | 'inspect' }): void
  event(charge: SupervisedActor<Port>, detail: InspectionDetail): void
}

/** The place of one actor in the system: runs its incarnations by its plan, and hears what they report. */
export class SupervisedActor<Port> extends SupervisedThread<ActorCommand<Port>> {
  plan: ActorPlan
  readonly counters = new Counters()
  readonly logThreshold = new LogThreshold()
  hasControl = false
  eventCredits = createLinkCredits()
  private scheduling: SchedulingClass = 'ordinary'
  private readonly platform: Platform<Port>
  private readonly watching: Watching
  private readonly recording: RecordingPlace | null
  private readonly listener: SupervisionListener<Port>
  /** Who waits for the answer to a `configure`, first come first. */
  private configuring: (() => void)[] = []
  /** This incarnation was born with other options. */
  private isOutdated = false

  /** `recording`: where the steps of its machines are written down. */
  constructor(
    plan: ActorPlan,
    platform: Platform<Port>,
    watching: Watching,
    listener: SupervisionListener<Port>,
    recording: RecordingPlace | null = null,
  ) {
    super(platform.clock)
    this.recording = recording
    this.plan = plan
    this.platform = platform
    this.watching = watching
    this.listener = listener
  }

  get signOfLife(): number {
    return this.counters.signOfLife
  }

  /** Nobody could end one on the main thread. */
  override get isWatched(): boolean {
    return this.plan.placement === 'worker' && this.isRunning
  }

  ping(ping: number): void {
    this.post({ type: 'ping', ping })
  }

  crash(): boolean {
    if (this.state !== 'running') return false
    this.post({ type: 'crash' })
    return true
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

  /** From now on it may send to these, and call the controls of those. */
  relink({ peers, controls = [] }: Pick<ActorPlan, 'peers' | 'controls'>): void {
    this.plan = { ...this.plan, peers, controls }
    this.post({ type: 'relink', peers })
  }

  override describe(mailbox = 0): ActorDescription {
    const handling = this.counters.handling.read()
    const [p50, p99] = [quantileOf(handling, 0.5), quantileOf(handling, 0.99)]
    return {
      ...super.describe(),
      placement: this.plan.placement,
      scheduling: this.scheduling,
      mailbox,
      handled: this.counters.read('handled'),
      overflowed: this.counters.read('overflowed'),
      handling,
      handlingMs: p50 === null || p99 === null ? null : { p50, p99 },
    }
  }

  protected get rules(): ActorPlan {
    return this.plan
  }

  protected open(): ActorHost<Port> {
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
      logThreshold: this.logThreshold.shared,
      recording: this.recording,
      realtime,
      eventCredits: this.eventCredits,
    }
    const host: ActorHost<Port> = this.platform.open(this.plan, seed, {
      report: (report) => this.reported(host, report),
      gone: (error) => this.gone(host, error),
    })
    return host
  }

  protected stopCommand(): ActorCommand<Port> {
    return { type: 'stop' }
  }

  protected running(): void {
    this.listener.running(this)
    // One order for all that came while it started: it is the last that counts.
    if (!this.isOutdated) return
    const waiting = this.configuring.splice(0)
    this.configuring.push(() => {
      for (const resolve of waiting) resolve()
    })
    this.post({ type: 'configure', options: this.plan.options })
  }

  protected down(): void {
    // The next incarnation is born with what it was to go by.
    for (const resolve of this.configuring.splice(0)) resolve()
    this.listener.down(this)
  }

  protected event(detail: InspectionDetail): void {
    this.listener.event(this, detail)
  }

  protected escalated(reason: string): void {
    this.listener.escalated(this, reason)
  }

  private reported(host: ActorHost<Port>, report: ActorReport): void {
    if (host !== this.host) return
    switch (report.type) {
      case 'log':
      case 'inspect':
        this.listener.report(this, report)
        break
      case 'started':
        if (this.state !== 'starting') return
        this.hasControl = report.hasControl
        this.began()
        break
      case 'scheduling':
        this.scheduling = report.scheduling
        break
      case 'stopped':
        this.hasStopped()
        break
      case 'configured':
        this.configuring.shift()?.()
        break
      default:
        report satisfies never
    }
  }
}
