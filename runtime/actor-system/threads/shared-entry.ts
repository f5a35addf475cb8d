import { AsyncLocalStorage } from 'node:async_hooks'
import { flushCompileCache } from 'node:module'
import { type MessagePort, parentPort, threadId, workerData } from 'node:worker_threads'
import { endLedger, keepingLedger } from '../../ports/process/linux/descriptors.ts'
import { closeHeld } from '../../ports/sockets/linux/libc.ts'
import type { ActorCommand } from '../messaging/protocol.ts'
import type { ActorCell } from '../supervision/cell.ts'
import type { SharedBirth, SharedCommand, SharedReport, ToldError } from './shared-thread.ts'
import { collectStartupGarbage } from './startup-garbage.ts'
import { type ActorBirth, createWorkerCell, loadActor, postReport } from './worker-cell.ts'

// The first thing that a Worker of several actors runs.
const { compositionUrl } = workerData as SharedBirth
const supervisor = parentPort
if (supervisor === null) throw new Error('this is the entry of a Worker; it is not to be run by itself')
const tell = (report: SharedReport): void => supervisor.postMessage(report)

/** The place of one incarnation of one actor. What it throws is its own end; the others on the thread go on. */
class Seat {
  readonly #number: number
  readonly #birth: ActorBirth
  #cell: ActorCell<MessagePort> | undefined
  /** Commands that came before there was a cell. */
  #waiting: ActorCommand<MessagePort>[] = []
  #ended = false

  constructor(number: number, birth: ActorBirth) {
    this.#number = number
    this.#birth = birth
  }

  async run(): Promise<void> {
    const number = this.#number
    try {
      const cell = await createWorkerCell(this.#birth, {
        report: (report) => {
          if (!this.#ended) postReport((told) => tell({ type: 'report', seat: number, report: told }), report)
        },
        crashed: (error) => this.end(error),
        within: (call) => this.#within(call),
      })
      const start = await loadActor(compositionUrl, this.#birth.runs)
      if (this.#ended) return
      this.#cell = cell
      for (const command of this.#waiting.splice(0)) cell.take(command)
      await cell.run(start)
    } catch (error) {
      this.end(error)
    }
  }

  take(command: ActorCommand<MessagePort>): void {
    if (this.#cell === undefined) this.#waiting.push(command)
    else this.#cell.take(command)
  }

  /** Nothing of it runs any more; its descriptors are closed, and the supervisor is told. */
  end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    seats.delete(this.#number)
    const { ledger } = this.#birth
    this.#cell?.end()
    this.#within(() => this.#cell?.release())
    // In a later turn: it may crash deep inside a call of a port that is in use until then.
    setImmediate(() => {
      endLedger(ledger)
      closeHeld(ledger)
      tell({ type: 'gone', seat: this.#number, ...(error !== undefined && { error: toldError(error) }) })
    })
  }

  #within<Value>(call: () => Value): Value {
    return own.run(this, () => keepingLedger(this.#birth.ledger, call))
  }
}

/** Whose code runs. */
const own = new AsyncLocalStorage<Seat>()
const seats = new Map<number, Seat>()
let places = 0

supervisor.on('message', (command: SharedCommand) => {
  switch (command.type) {
    case 'place':
      place(command.seat, command.birth)
      break
    case 'command':
      seats.get(command.seat)?.take(command.command)
      break
    case 'end':
      seats.get(command.seat)?.end()
      break
    default:
      command satisfies never
  }
})

// Of a promise it is known in whose code it was made; of what else is thrown outside of a cell it is not: that ends the thread.
process.on('unhandledRejection', (error) => {
  const seat = own.getStore()
  if (seat === undefined) throw error
  seat.end(error)
})

function place(number: number, birth: ActorBirth): void {
  const seat = new Seat(number, birth)
  seats.set(number, seat)
  places += 1
  void own.run(seat, () => seat.run()).then(started)
}

/** Types that were stripped here need not be stripped again by the next Worker; does nothing where there is no cache. */
function started(): void {
  places -= 1
  if (places > 0) return
  flushCompileCache()
  collectStartupGarbage(threadId)
}

/** An error as it is cloned loses what it has beside its message. */
function toldError(error: unknown): ToldError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, code: undefined }
  const { message, stack, code } = error as NodeJS.ErrnoException
  return { message, stack, code }
}
