import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { Clock } from '../../ports/host/clock.ts'
import { reasonOf } from '../actor-error.ts'
import type { InspectionDetail } from '../inspection/inspection.ts'
import type { RestartPolicy } from '../supervision/restart-policy.ts'
import { KILL_PATIENCE_MS, SupervisedThread } from '../supervision/supervised-thread.ts'
import type { Host } from './host.ts'
import { workerEnvironment } from './worker-environment.ts'
import type { PoolTaskBirth } from './worker-pool-entry.ts'

export interface WorkerPoolOptions {
  /** Its tasks are shown as actors by this name and their index: `forwarder-0`. */
  readonly name: string
  /** Its default export is the `PoolTask`. */
  readonly moduleUrl: URL
  /** Number of tasks, and of threads. */
  readonly size: number
  /** Cloned to each task; may hold SharedArrayBuffers. */
  readonly options: unknown
  readonly restart: RestartPolicy
  readonly clock: Clock
  /** The message by which a task is asked to end within the patience. */
  stopMessage(patienceMs: number): unknown
  /** Makes a task look at its port that waits for something else; called after each message. */
  wake?(index: number): void
  /** Another number than before whenever the task's loop has turned; a task that has none is not watched. */
  signOfLife?(index: number): number
  onMessage?(index: number, message: unknown): void
  /** The task and all that it ran are gone, so that what it shared can be put in order; called before it is replaced. */
  onExit(index: number, reason: string): void
  /** A task is past its restarts, and is not replaced any more. */
  onEscalation(index: number, reason: string): void
  /** For `Supervisor.inspect`. */
  onInspection?(actor: string, detail: InspectionDetail): void
}

const ENTRY = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './worker-pool-entry.ts' : './worker-pool-entry.js', import.meta.url),
)

/**
 * Threads with one long-lived task each, which may block its thread for good: nothing here needs the thread's event loop. A task
 * that ends, by itself or with its thread, is replaced by the rules that hold for actors.
 */
export class WorkerPool {
  /** For `Supervisor.attach`. */
  readonly tasks: readonly PoolTask[]
  private readonly options: WorkerPoolOptions
  private readonly threads: Piscina
  private taskOptions: unknown

  constructor(options: WorkerPoolOptions) {
    this.options = options
    this.taskOptions = options.options
    this.threads = new Piscina({
      minThreads: options.size,
      maxThreads: options.size,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // Otherwise a thread without a task waits in Atomics.wait.
      atomics: 'disabled',
      env: workerEnvironment(),
    })
    // A thread that fails while it has no task: it is replaced, and nothing was lost.
    this.threads.on('error', (error: unknown) => {
      options.onInspection?.(options.name, { type: 'crashed', reason: `idle thread: ${reasonOf(error)}` })
    })
    const taskOptions = (): unknown => this.taskOptions
    this.tasks = Array.from(
      { length: options.size },
      (_, index) => new PoolTask(index, options, this.threads, taskOptions),
    )
  }

  /** Resolves when every task has begun; rejects when one could not be loaded. */
  async start(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.start()))
  }

  /** Tasks that begin from now on are given these options; those that run are told by `post`. */
  configure(options: unknown): void {
    this.taskOptions = options
  }

  /** False where that task does not run now: the message is lost. Meant for few messages; the port itself has no bound. */
  post(index: number, message: unknown): boolean {
    const task = this.tasks[index]
    if (task?.isRunning !== true) return false
    task.post(message)
    this.options.wake?.(index)
    return true
  }

  /** Asks every task to end, waits so long, and kills the threads that are left. */
  async stop(patienceMs: number): Promise<void> {
    const stops = this.tasks.map((task) => task.stop(patienceMs))
    for (const index of this.tasks.keys()) this.options.wake?.(index)
    await Promise.all(stops)
    // A thread that is stuck in a system call never says that it has gone.
    await inTime(this.options.clock, this.threads.destroy())
  }
}

/**
 * The place of one task. Piscina kills and replaces the thread of an aborted task, and of one that failed outside of its promise. It
 * says so at once and not when the thread has gone; that is known by a port whose other end is in the thread.
 */
class PoolTask extends SupervisedThread<unknown> {
  protected readonly rules: { readonly name: string; readonly restart: RestartPolicy }
  private readonly index: number
  private readonly pool: WorkerPoolOptions
  private readonly threads: Piscina
  private readonly taskOptions: () => unknown

  constructor(index: number, pool: WorkerPoolOptions, threads: Piscina, taskOptions: () => unknown) {
    super(pool.clock)
    this.rules = { name: `${pool.name}-${index}`, restart: pool.restart }
    this.index = index
    this.pool = pool
    this.threads = threads
    this.taskOptions = taskOptions
  }

  get signOfLife(): number {
    return this.pool.signOfLife?.(this.index) ?? 0
  }

  override get isWatched(): boolean {
    return this.pool.signOfLife !== undefined && this.isRunning
  }

  /** A loop that blocks its thread gives signs of life by itself, and would not hear of it. */
  ping(): void {}

  crash(): boolean {
    if (!this.isRunning) return false
    this.kill('its thread was killed by the test hook')
    return true
  }

  protected open(): Host<unknown> {
    const [life, mail, killer] = [new MessageChannel(), new MessageChannel(), new AbortController()]
    const host: Host<unknown> = {
      threadId: null,
      post: (message) => mail.port1.postMessage(message),
      kill: () => killer.abort(),
    }
    const closed = new Promise<void>((resolve) => life.port1.once('close', resolve))
    life.port1.once('message', () => {
      if (host === this.host && this.state === 'starting') this.began()
    })
    mail.port1.on('message', (message: unknown) => this.pool.onMessage?.(this.index, message))
    const birth: PoolTaskBirth = {
      moduleUrl: this.pool.moduleUrl.href,
      index: this.index,
      options: this.taskOptions(),
      life: life.port2,
      port: mail.port2,
    }
    const run = async (): Promise<void> => {
      const error = await this.run(birth, killer.signal)
      await inTime(this.clock, closed)
      life.port1.close()
      mail.port1.close()
      this.gone(host, error)
    }
    void run()
    return host
  }

  protected stopCommand(patienceMs: number): unknown {
    return this.pool.stopMessage(patienceMs)
  }

  protected running(): void {}

  protected down(reason: string): void {
    this.pool.onExit(this.index, reason)
  }

  protected event(detail: InspectionDetail): void {
    this.pool.onInspection?.(this.name, detail)
  }

  protected escalated(reason: string): void {
    this.pool.onEscalation(this.index, reason)
  }

  /** Resolves with why it has ended, maybe before its thread has. */
  private async run(birth: PoolTaskBirth, signal: AbortSignal): Promise<unknown> {
    try {
      await this.threads.run(birth, { filename: ENTRY, transferList: [birth.life, birth.port], signal })
      if (this.state === 'stopped') this.hasStopped()
      return new Error('its task returned')
    } catch (error) {
      return error
    }
  }
}

/** Resolves when the killed thread has gone, or after the patience: it can be stuck in a system call, but runs no JavaScript any more. */
function inTime(clock: Clock, gone: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimer(KILL_PATIENCE_MS, resolve)
    void gone.then(() => {
      cancel()
      resolve()
    })
  })
}
