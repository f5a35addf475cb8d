import type { MessagePort } from 'node:worker_threads'
import type { CancelTimer, Clock } from '../../ports/host/clock.ts'
import type { ActorDescription } from '../inspection/description.ts'
import type { InspectionDetail } from '../inspection/inspection.ts'
import { decideRestart, type RestartPolicy } from './restart-policy.ts'

/** One run of a task. */
export interface PoolTaskRun {
  readonly port: MessagePort
  /** Resolves when the task's code was loaded and begins; never, if that fails. */
  readonly begun: Promise<void>
  /** Resolves with the reason when the task and its thread are gone. Never rejects. */
  readonly ended: Promise<string>
}

export interface PoolTaskSite {
  readonly index: number
  readonly name: string
  readonly restart: RestartPolicy
  readonly clock: Clock
  /** Runs it; the signal kills its thread. */
  run(signal: AbortSignal): PoolTaskRun
  onMessage(message: unknown): void
  onExit(reason: string): void
  onEscalation(reason: string): void
  onInspection(detail: InspectionDetail): void
}

/** The place of one task in a pool, which outlives its runs. */
export class SupervisedTask {
  readonly index: number
  readonly name: string
  private readonly site: PoolTaskSite
  private state: ActorDescription['state'] = 'stopped'
  private incarnation = -1
  private port: MessagePort | undefined
  private killer = new AbortController()
  private killReason: string | undefined
  private ended: Promise<void> = Promise.resolve()
  private crashesAtMs: readonly number[] = []
  private runningSinceMs = 0
  private isStopping = false
  private cancelRestart: CancelTimer | undefined

  constructor(site: PoolTaskSite) {
    this.index = site.index
    this.name = site.name
    this.site = site
  }

  /** Runs it for the first time; resolves when it begins, and rejects when it ends before that. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.open(resolve, (reason) => reject(new Error(`${this.name} could not start: ${reason}`)))
    })
  }

  post(message: unknown): boolean {
    if (!this.isRunning || this.port === undefined) return false
    this.port.postMessage(message)
    return true
  }

  /** Kills its thread; false where it does not run. */
  abort(reason: string): boolean {
    if (!this.isRunning) return false
    this.killReason = reason
    this.killer.abort()
    return true
  }

  /** Resolves when it is gone, which after the patience it is made to be. */
  async stop(message: unknown, patienceMs: number): Promise<void> {
    this.isStopping = true
    this.cancelRestart?.()
    this.port?.postMessage(message)
    const cancelPatience = this.site.clock.setTimer(patienceMs, () => {
      this.killReason = `did not end within ${patienceMs} ms`
      this.killer.abort()
    })
    await this.ended
    cancelPatience()
    this.state = 'stopped'
  }

  describe(): ActorDescription {
    return {
      name: this.name,
      placement: 'worker',
      state: this.state,
      threadId: null,
      scheduling: 'ordinary',
      restarts: Math.max(0, this.incarnation),
      upMs: this.isRunning ? this.site.clock.nowMs() - this.runningSinceMs : 0,
      mailbox: 0,
      handled: 0,
      overflowed: 0,
    }
  }

  /** Whether it runs, and was not killed a moment ago. */
  private get isRunning(): boolean {
    return this.state === 'running' && this.killReason === undefined
  }

  private open(onBegun: () => void, onFailed?: (reason: string) => void): void {
    this.incarnation += 1
    this.state = 'starting'
    this.killReason = undefined
    this.killer = new AbortController()
    this.site.onInspection({ type: 'spawned', incarnation: this.incarnation })
    const run = this.site.run(this.killer.signal)
    this.port = run.port
    run.port.on('message', (message: unknown) => this.site.onMessage(message))
    let hasBegun = false
    void run.begun.then(() => {
      hasBegun = true
      this.state = 'running'
      this.runningSinceMs = this.site.clock.nowMs()
      onBegun()
    })
    this.ended = run.ended.then((reason) => {
      this.port = undefined
      this.gone(this.killReason ?? reason, hasBegun ? undefined : onFailed)
    })
  }

  private gone(reason: string, onFailed: ((reason: string) => void) | undefined): void {
    this.site.onExit(reason)
    if (this.isStopping) {
      this.site.onInspection({ type: 'stopped' })
      onFailed?.('it was stopped while it started')
      return
    }
    this.site.onInspection({ type: 'crashed', reason })
    if (onFailed !== undefined) {
      this.state = 'stopped'
      onFailed(reason)
      return
    }
    this.replace(reason)
  }

  private replace(reason: string): void {
    const decision = decideRestart(this.site.restart, this.crashesAtMs, this.site.clock.nowMs())
    switch (decision.type) {
      case 'restart': {
        const { delayMs } = decision
        this.state = 'backoff'
        this.crashesAtMs = decision.crashesAtMs
        this.site.onInspection({ type: 'restarting', incarnation: this.incarnation + 1, delayMs })
        this.cancelRestart = this.site.clock.setTimer(delayMs, () => this.open(() => {}))
        break
      }
      case 'escalate': {
        const told = `${decision.reason}; the last: ${reason}`
        this.state = 'stopped'
        this.site.onInspection({ type: 'escalated', reason: told })
        this.site.onEscalation(told)
        break
      }
      default:
        decision satisfies never
    }
  }
}
