import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { Clock } from '../../ports/host/clock.ts'
import { reasonOf } from '../actor-error.ts'
import type { ActorDescription, ActorGroup } from '../inspection/description.ts'
import type { InspectionDetail } from '../inspection/inspection.ts'
import type { RestartPolicy } from '../supervision/restart-policy.ts'
import { type PoolTaskRun, SupervisedTask } from '../supervision/supervised-task.ts'
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
  onMessage?(index: number, message: unknown): void
  /** The task and all that it ran are gone, so that what it shared can be put in order; called before it is replaced. */
  onExit(index: number, reason: string): void
  /** A task is past its restarts, and is not replaced any more. */
  onEscalation(index: number, reason: string): void
  /** For `ActorSystem.inspect`. */
  onInspection?(actor: string, detail: InspectionDetail): void
}

/** How long a killed thread may take to go. It can be stuck in a system call, but runs no JavaScript any more. */
const KILL_PATIENCE_MS = 2000

const ENTRY = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './worker-pool-entry.ts' : './worker-pool-entry.js', import.meta.url),
)

/**
 * Threads with one long-lived task each, which may block its thread for good: nothing here needs the thread's event loop. A task
 * that ends, by itself or with its thread, is replaced by the rules that hold for actors.
 *
 * Piscina kills and replaces the thread of an aborted task, and of one that failed outside of its promise. It says so at once
 * and not when the thread has gone; that is known by a port whose other end is in the thread.
 */
export class WorkerPool implements ActorGroup {
  private readonly options: WorkerPoolOptions
  private taskOptions: unknown
  private readonly threads: Piscina
  private readonly tasks: readonly SupervisedTask[]

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
    this.tasks = Array.from({ length: options.size }, (_, index) => this.createTask(index))
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
    if (task === undefined || !task.post(message)) return false
    this.options.wake?.(index)
    return true
  }

  /** Test hook: kills the thread of the task; it is then replaced as after a crash. False where it does not run. */
  abort(index: number): boolean {
    const task = this.tasks[index]
    return task?.abort('its thread was killed by the test hook') ?? false
  }

  crash(actor: string): boolean {
    const index = this.tasks.findIndex((task) => task.name === actor)
    return index >= 0 && this.abort(index)
  }

  describe(): readonly ActorDescription[] {
    return this.tasks.map((task) => task.describe())
  }

  /** Asks every task to end, waits so long, and kills the threads that are left. */
  async stop(patienceMs: number): Promise<void> {
    const stops = this.tasks.map((task) => task.stop(this.options.stopMessage(patienceMs), patienceMs))
    for (const { index } of this.tasks) this.options.wake?.(index)
    await Promise.all(stops)
    // A thread that is stuck in a system call never says that it has gone.
    await this.inTime(this.threads.destroy())
  }

  private createTask(index: number): SupervisedTask {
    const { options } = this
    const name = `${options.name}-${index}`
    return new SupervisedTask({
      index,
      name,
      restart: options.restart,
      clock: options.clock,
      run: (signal) => this.run(index, signal),
      onMessage: (message) => options.onMessage?.(index, message),
      onExit: (reason) => options.onExit(index, reason),
      onEscalation: (reason) => options.onEscalation(index, reason),
      onInspection: (detail) => options.onInspection?.(name, detail),
    })
  }

  /** Puts the task on a thread; `ended` resolves with the reason when nothing of it is left. */
  private run(index: number, signal: AbortSignal): PoolTaskRun {
    const life = new MessageChannel()
    const mail = new MessageChannel()
    const closed = new Promise<void>((resolve) => life.port1.once('close', resolve))
    const begun = new Promise<void>((resolve) => life.port1.once('message', () => resolve()))
    const birth: PoolTaskBirth = {
      moduleUrl: this.options.moduleUrl.href,
      index,
      options: this.taskOptions,
      life: life.port2,
      port: mail.port2,
    }
    const end = async (): Promise<string> => {
      let reason = 'its task returned'
      try {
        await this.threads.run(birth, { filename: ENTRY, transferList: [life.port2, mail.port2], signal })
      } catch (error) {
        reason = reasonOf(error)
      }
      await this.inTime(closed)
      life.port1.close()
      mail.port1.close()
      return reason
    }
    return { port: mail.port1, begun, ended: end() }
  }

  /** Resolves when the killed thread has gone, or after the patience. */
  private inTime(gone: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.options.clock.setTimer(KILL_PATIENCE_MS, resolve)
      void gone.then(() => {
        cancel()
        resolve()
      })
    })
  }
}
