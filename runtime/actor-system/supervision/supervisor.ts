import { isDeepStrictEqual } from 'node:util'
import type { CancelTimer } from '../../ports/host/clock.ts'
import type { LogLevel } from '../../ports/host/syslog.ts'
import type { Control } from '../actor.ts'
import { reasonOf } from '../actor-error.ts'
import type { ActorDescription } from '../inspection/description.ts'
import type { InspectionDetail, InspectionEvent } from '../inspection/inspection.ts'
import { InspectionHub } from '../inspection/inspection-hub.ts'
import { Introductions } from '../messaging/introductions.ts'
import { UnderWay } from '../messaging/mailbox.ts'
import { MAX_EVENTS_UNDER_WAY, type RecordingPlace } from '../messaging/protocol.ts'
import type { Platform } from '../threads/host.ts'
import { type ActorPlan, checkPlans, PlanError, SUPERVISOR } from './plan.ts'
import { SupervisedActor, type SupervisionListener } from './supervised-actor.ts'
import type { SupervisedThread } from './supervised-thread.ts'
import { DEFAULT_STALL_MS, PING_INTERVAL_MS, Watchdog } from './watchdog.ts'
import { Watching } from './watching.ts'

export interface SupervisorOptions {
  /** `saidAtMs`: by the actor's clock; lines of several threads may come in another order. */
  onLog(
    actor: string,
    level: LogLevel,
    line: string,
    fields: Readonly<Record<string, unknown>> | undefined,
    saidAtMs: number,
  ): void
  /** An actor is past its restarts: take the node out in order. Called once for each such actor. */
  onEscalation(actor: string, reason: string): void
  /** Every event, as an actor that `observes` gets them. */
  onInspection?(event: InspectionEvent): void
  /**
   * After each look at the threads, every `PING_INTERVAL_MS`: `silentMs` tells for how long an actor has given no sign of life; Infinity
   * where it does not run, or is not watched.
   */
  onLooked?(silentMs: (actor: string) => number): void
  /** What an actor that holds the supervisor's control may order of the composition. */
  readonly orders?: Control
  /** From which level on an actor's lines are written; without it from `info` on. Asked again at `followLogLevels`. */
  logLevelOf?(actor: string): LogLevel
  /** Where what actors take is written down, to be replayed. */
  readonly recording?: RecordingPlace
  /** Allows the test hooks `crash` and `stall`. */
  readonly hooksEnabled: boolean
  /** Silence after which a Worker is ended and restarted; default 5000. */
  readonly stallMs?: number
}

/** Names of actors: one after the other, those of an inner list at the same time. */
export type StopOrder = readonly (string | readonly string[])[]

/** Name under which `onInspection` observes; no actor can have it. */
const COMPOSITION = '(composition)'

/** How long each actor may take to stop when the start of another failed. */
const ABANDON_PATIENCE_MS = 1000

/**
 * Runs actors on a platform: starts them, introduces them, restarts them one for one, ends those that stall, and stops them in
 * order. The same on threads and in the simulation.
 */
export class Supervisor<Port> {
  private readonly platform: Platform<Port>
  private readonly options: SupervisorOptions
  private readonly charges = new Map<string, SupervisedActor<Port>>()
  private readonly attached: SupervisedThread<unknown>[] = []
  private readonly introductions: Introductions<Port>
  private readonly hub = new InspectionHub()
  private readonly watching = new Watching()
  private readonly watchers = new Set<string>()
  private readonly closeControls = new Map<string, () => void>()
  private readonly watchdog: Watchdog
  private lastPing = 0
  private cancelTick: CancelTimer | undefined
  private phase: 'planned' | 'started' | 'stopping' = 'planned'

  constructor(platform: Platform<Port>, options: SupervisorOptions) {
    this.platform = platform
    this.options = options
    this.introductions = new Introductions(platform)
    this.watchdog = new Watchdog(options.stallMs ?? DEFAULT_STALL_MS, platform.clock.nowMs())
    if (options.onInspection !== undefined) this.hub.join(COMPOSITION, (event) => options.onInspection?.(event))
  }

  /** Plans an actor; all plans are made before `start`. */
  spawn(plan: ActorPlan): void {
    if (this.phase !== 'planned') throw new PlanError(`${plan.name}: the system runs already; plan it before start()`)
    if (this.charges.has(plan.name)) throw new PlanError(`two actors are named ${plan.name}; give one another name`)
    this.engage(plan)
  }

  private engage(plan: ActorPlan): SupervisedActor<Port> {
    const { recording = null } = this.options
    const charge = new SupervisedActor(plan, this.platform, this.watching, this.supervisionListener(), recording)
    this.setLogLevel(charge)
    this.charges.set(plan.name, charge)
    return charge
  }

  /** Watches, shows and crashes these together with the actors of the system, such as a pool's tasks; whoever owns them starts and stops them. */
  attach(threads: readonly SupervisedThread<unknown>[]): void {
    this.attached.push(...threads)
  }

  /** Starts all at once; resolves when all run, or stops them again and rejects with an `ActorStartError`. */
  async start(): Promise<void> {
    checkPlans([...this.charges.values()].map((charge) => charge.plan))
    this.phase = 'started'
    this.tick()
    try {
      await Promise.all([...this.charges.values()].map((charge) => charge.start()))
    } catch (error) {
      await this.stopAll([], ABANDON_PATIENCE_MS)
      throw error
    }
  }

  /**
   * Stops one after the other in this order, those of an inner list together, then all that it does not name, the last planned first. Each is given its patience
   * and ended after it, so the whole is bounded.
   */
  stop(order: StopOrder, patienceMs: number): Promise<void> {
    return this.stopAll(order, patienceMs)
  }

  /**
   * Runs these actors with other options from now on, by `ActorInstance.configure`; none is started anew. Resolves with those
   * that have not confirmed it within the patience: they will, or are restarted with the new options when they crash.
   */
  async configure(options: ReadonlyMap<string, unknown>, patienceMs: number): Promise<readonly string[]> {
    const late = new Set(options.keys())
    const confirm = async ([name, value]: readonly [string, unknown]): Promise<void> => {
      await this.charges.get(name)?.configure(value)
      late.delete(name)
    }
    // Options that cannot be posted are confirmed by nobody.
    const confirmed = [...options].map((each) => confirm(each).catch(() => undefined))
    await new Promise<void>((resolve) => {
      const cancel = this.platform.clock.setTimer(patienceMs, resolve)
      void Promise.all(confirmed).then(() => {
        cancel()
        resolve()
      })
    })
    return [...late]
  }

  /**
   * Takes actors into a system that runs, one after the other, once those who are to send to them have been linked anew. Resolves with why
   * those do not run that could not be started.
   */
  async join(plans: readonly ActorPlan[]): Promise<readonly string[]> {
    const failures: string[] = []
    for (const plan of plans) {
      if (this.charges.has(plan.name)) throw new PlanError(`two actors are named ${plan.name}; give one another name`)
      const charge = this.engage(plan)
      await charge.start().catch((error: unknown) => failures.push(reasonOf(error)))
    }
    return failures
  }

  /** Stops actors of a system that goes on, in this order, each within its patience; they are forgotten. */
  async dismiss(order: StopOrder, patienceMs: number): Promise<void> {
    for (const name of order.flat()) {
      await this.charges.get(name)?.stop(patienceMs)
      this.charges.delete(name)
    }
  }

  /** Others may be sent to, and called, by those of these plans who run; before `join`, and after `dismiss`. */
  relink(plans: readonly ActorPlan[]): void {
    for (const plan of plans) {
      const charge = this.charges.get(plan.name)
      const known = charge?.plan
      if (
        known === undefined ||
        isDeepStrictEqual([known.peers, known.controls ?? []], [plan.peers, plan.controls ?? []])
      )
        continue
      charge?.relink(plan)
    }
  }

  /** The levels of the log are others now. */
  followLogLevels(): void {
    for (const charge of this.charges.values()) this.setLogLevel(charge)
  }

  private setLogLevel(charge: SupervisedActor<Port>): void {
    charge.logThreshold.level = this.options.logLevelOf?.(charge.plan.name) ?? 'info'
  }

  describe(): readonly ActorDescription[] {
    const own = [...this.charges].map(([name, charge]) => charge.describe(this.introductions.underWayTo(name)))
    return [...own, ...this.attached.map((thread) => thread.describe())]
  }

  /** Reports an event of an actor, or of something that is run beside them. */
  inspect(actor: string, detail: InspectionDetail): void {
    if (detail.type === 'spawned') {
      this.hub.begin(actor)
      this.watchdog.forget(actor)
    }
    this.hub.publish(actor, detail, this.platform.clock.nowMs(), this.platform.clock.wallMs())
  }

  /** Single messages are shown as events while at least one watches. */
  watch(watcher: string, on: boolean): void {
    if (on) this.watchers.add(watcher)
    else this.watchers.delete(watcher)
    this.watching.watchers = this.watchers.size
  }

  /** Test hook: the actor throws inside its mailbox. False where hooks are not enabled, or it does not run. */
  crash(actor: string): boolean {
    if (!this.options.hooksEnabled) return false
    return this.supervised().some((thread) => thread.name === actor && thread.crash())
  }

  /** Test hook: blocks the actor's thread. False where hooks are not enabled, or it does not run. */
  stall(actor: string, forMs: number): boolean {
    const charge = this.charges.get(actor)
    if (!this.options.hooksEnabled || charge?.state !== 'running') return false
    charge.post({ type: 'stall', forMs })
    return true
  }

  private async stopAll(order: StopOrder, patienceMs: number): Promise<void> {
    this.phase = 'stopping'
    this.cancelTick?.()
    const named = new Set(order.flat())
    const others = [...this.charges.keys()].filter((name) => !named.has(name)).reverse()
    for (const group of [...order, ...others]) {
      await Promise.all([group].flat().map((name) => this.charges.get(name)?.stop(patienceMs)))
    }
    for (const close of this.closeControls.values()) close()
    this.closeControls.clear()
  }

  private supervisionListener(): SupervisionListener<Port> {
    return {
      running: (charge) => this.running(charge),
      down: (charge) => this.down(charge.name),
      escalated: (charge, reason) => this.options.onEscalation(charge.name, reason),
      event: (charge, detail) => this.inspect(charge.name, detail),
      report: (charge, report) => {
        const { name } = charge.plan
        if (report.type === 'log') {
          this.options.onLog(name, report.level, report.line, report.fields, report.atMs)
          // Like single messages these would push out what matters.
          if (report.level === 'debug') return
          return this.inspect(name, { type: 'log', level: report.level, line: report.line })
        }
        new UnderWay(charge.eventCredits, 0).taken()
        this.hub.publish(name, report.detail, report.atMs, report.wallMs, report.missed)
      },
    }
  }

  private running(charge: SupervisedActor<Port>): void {
    const { name, observes, controls } = charge.plan
    this.introductions.introduce(charge, this.charges.values())
    if (controls?.includes(SUPERVISOR)) this.grantSupervisor(charge)
    if (observes) this.hub.join(name, this.observer(charge))
  }

  private down(name: string): void {
    this.hub.leave(name)
    this.watch(name, false)
    this.introductions.forget(name)
    this.closeControls.get(name)?.()
    this.closeControls.delete(name)
  }

  private observer(charge: SupervisedActor<Port>): (event: InspectionEvent) => void {
    const underWay = new UnderWay(charge.eventCredits, 1)
    return (event) => {
      // An observer that does not keep up misses events; the gap in their numbers tells it so.
      if (underWay.count >= MAX_EVENTS_UNDER_WAY) return
      underWay.posted()
      charge.post({ type: 'observe', event })
    }
  }

  private grantSupervisor(charge: SupervisedActor<Port>): void {
    const caller = charge.name
    const [portOfCaller, portOfSupervisor] = this.platform.channel()
    const control = {
      ...this.options.orders,
      actors: () => this.describe(),
      crash: (actor: string) => this.crash(actor),
      stall: (actor: string, forMs: number) => this.stall(actor, forMs),
      watch: (on: boolean) => this.watch(caller, on),
    }
    this.closeControls.set(caller, this.platform.exposeControl(control, portOfSupervisor))
    charge.post({ type: 'grantControl', actor: SUPERVISOR, port: portOfCaller })
  }

  private supervised(): readonly SupervisedThread<unknown>[] {
    return [...this.charges.values(), ...this.attached]
  }

  private tick(): void {
    const watched = this.supervised().filter((thread) => thread.isWatched)
    const byName = new Map(watched.map((thread) => [thread.name, thread]))
    const nowMs = this.platform.clock.nowMs()
    const { stalls, quiet } = this.watchdog.tick(watched, nowMs)
    for (const { name, silentMs } of stalls) {
      this.inspect(name, { type: 'stalled', silentMs })
      byName.get(name)?.kill(`stalled: gave no sign of life for ${Math.round(silentMs)} ms`)
    }
    this.lastPing = (this.lastPing + 1) >>> 0
    for (const name of quiet) byName.get(name)?.ping(this.lastPing)
    this.options.onLooked?.((name) =>
      byName.has(name) ? this.watchdog.silentMs(name, nowMs) : Number.POSITIVE_INFINITY,
    )
    this.cancelTick = this.platform.clock.setTimer(PING_INTERVAL_MS, () => this.tick())
  }
}
