import { MessagePort, Worker } from 'node:worker_threads'
import type { CancelTimer, Clock } from '../../ports/host/clock.ts'
import { createLedger } from '../../ports/process/linux/descriptors.ts'
import { closeHeld } from '../../ports/sockets/linux/libc.ts'
import { reasonOf } from '../actor-error.ts'
import type { ActorCommand, ActorReport, ActorSeed } from '../messaging/protocol.ts'
import type { ActorPlan } from '../supervision/plan.ts'
import type { ActorHost, HostListener } from './host.ts'
import type { ActorBirth } from './worker-cell.ts'
import { workerEnvironment } from './worker-environment.ts'

/** What the Worker is told at its birth. */
export interface SharedBirth {
  readonly compositionUrl: string
}

/** To the Worker. A seat is the place of one incarnation of one actor. */
export type SharedCommand =
  | { readonly type: 'place'; readonly seat: number; readonly birth: ActorBirth }
  | { readonly type: 'command'; readonly seat: number; readonly command: ActorCommand<MessagePort> }
  | { readonly type: 'end'; readonly seat: number }

/** From the Worker. */
export type SharedReport =
  | { readonly type: 'report'; readonly seat: number; readonly report: ActorReport }
  /** The actor lives no more, and its thread goes on. */
  | { readonly type: 'gone'; readonly seat: number; readonly error?: ToldError }

/** What is left of an error that is told to another thread. */
export interface ToldError {
  readonly message: string
  readonly stack: string | undefined
  readonly code: string | undefined
}

/** MiB that the heap may take for all its actors together; more, and the thread ends with them. */
const MAX_HEAP_MB = 192
/** Who is to end and has not by then, is on a thread that stands still: that is ended, with all on it. */
const END_PATIENCE_MS = 1000

// Compiled, this file and the entry are .js.
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './shared-entry.ts' : './shared-entry.js', import.meta.url)

/**
 * A Worker for several actors, which is there while at least one of them is. One that crashes is gone alone, as far as its cell hears
 * of the error. An error that nobody caught, a heap that is full, or an actor that blocks the thread, ends the thread: then all are
 * gone, each is restarted by its own rules, and the first of them opens the next Worker.
 */
export class SharedThread {
  private readonly name: string
  private readonly compositionUrl: URL
  private readonly clock: Clock
  private running: RunningThread | undefined
  private lastSeat = 0

  constructor(name: string, compositionUrl: URL, clock: Clock) {
    this.name = name
    this.compositionUrl = compositionUrl
    this.clock = clock
  }

  open(plan: ActorPlan, seed: ActorSeed, listener: HostListener): ActorHost<MessagePort> {
    try {
      this.running ??= this.createThread()
    } catch (error) {
      // No room for a thread: a crash like others, told in a later turn as theirs are.
      setImmediate(() => listener.gone(error))
      return { threadId: null, post: () => undefined, kill: () => undefined }
    }
    this.lastSeat += 1
    return this.running.place(this.lastSeat, plan.runs ?? plan.name, seed, listener)
  }

  private createThread(): RunningThread {
    const birth: SharedBirth = { compositionUrl: this.compositionUrl.href }
    const thread = new RunningThread(this.name, birth, this.clock, () => {
      if (this.running === thread) this.running = undefined
    })
    return thread
  }
}

interface Seat {
  readonly listener: HostListener
  readonly ledger: SharedArrayBuffer
  cancelEnd?: CancelTimer
}

/** One Worker. */
class RunningThread {
  private readonly worker: Worker
  private readonly clock: Clock
  private readonly seats = new Map<number, Seat>()
  /** Takes no further actor. */
  private readonly closed: () => void
  private failure: unknown

  constructor(name: string, birth: SharedBirth, clock: Clock, closed: () => void) {
    this.clock = clock
    this.closed = closed
    this.worker = new Worker(ENTRY, {
      name,
      workerData: birth,
      env: workerEnvironment(),
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    })
    this.worker.on('message', (report: SharedReport) => this.take(report))
    this.worker.on('error', (error) => {
      this.failure ??= error
      closed()
    })
    this.worker.on('exit', () => this.exited())
  }

  place(number: number, runs: string, seed: ActorSeed, listener: HostListener): ActorHost<MessagePort> {
    const seat: Seat = { listener, ledger: createLedger() }
    this.seats.set(number, seat)
    this.post({ type: 'place', seat: number, birth: { runs, seed, ledger: seat.ledger } })
    return {
      threadId: this.worker.threadId,
      post: (command) => this.post({ type: 'command', seat: number, command }),
      kill: () => {
        this.post({ type: 'end', seat: number })
        seat.cancelEnd ??= this.clock.setTimer(END_PATIENCE_MS, () => this.end())
      },
    }
  }

  private post(command: SharedCommand): void {
    const { port } = (command.type === 'command' ? command.command : {}) as { readonly port?: unknown }
    this.worker.postMessage(command, port instanceof MessagePort ? [port] : [])
  }

  private take(told: SharedReport): void {
    const seat = this.seats.get(told.seat)
    if (seat === undefined) return
    if (told.type === 'report') seat.listener.report(told.report)
    else this.gone(told.seat, seat, told.error && errorOf(told.error))
  }

  private gone(number: number, seat: Seat, error: unknown): void {
    seat.cancelEnd?.()
    this.seats.delete(number)
    if (this.seats.size === 0) this.end()
    seat.listener.gone(error)
  }

  private end(): void {
    this.closed()
    void this.worker.terminate()
  }

  private exited(): void {
    this.closed()
    const { failure } = this
    const error =
      failure === undefined
        ? new Error('the thread that it shares was ended')
        : new Error(`the thread that it shares ended: ${reasonOf(failure)}`, { cause: failure })
    for (const [number, seat] of this.seats) {
      seat.cancelEnd?.()
      this.seats.delete(number)
      closeHeld(seat.ledger)
      seat.listener.gone(error)
    }
  }
}

function errorOf({ message, stack, code }: ToldError): Error {
  return Object.assign(new Error(message), stack === undefined ? {} : { stack }, code === undefined ? {} : { code })
}
