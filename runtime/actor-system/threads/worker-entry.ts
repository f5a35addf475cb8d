import { flushCompileCache } from 'node:module'
import { type MessagePort, parentPort, threadId, workerData } from 'node:worker_threads'
import { linuxClock } from '../../ports/host/linux/clock.ts'
import { linuxRandom } from '../../ports/host/linux/random.ts'
import type { Scheduling } from '../../ports/host/scheduling.ts'
import { keepLedger } from '../../ports/process/linux/descriptors.ts'
import { PortChannel } from '../messaging/channel.ts'
import { exposeControl, remoteControl } from '../messaging/control.ts'
import type { ActorCommand, ActorReport } from '../messaging/protocol.ts'
import { ActorCell, type StartCell } from '../supervision/cell.ts'
import { blockThread } from './block-thread.ts'
import { collectStartupGarbage } from './startup-garbage.ts'
import type { WorkerBirth } from './worker-host.ts'

/**
 * What a composition's module exports for its Workers: for each actor, how to load it. A function, so that a thread loads the
 * actor that it runs and none of the others.
 */
export type ActorLoaders = { readonly [actor: string]: { load?(): Promise<StartCell> } }

// The first thing that a Worker of the system runs. What it imports, every thread pays for: the codec and comlink, no more.
const { compositionUrl, runs, seed, ledger } = workerData as WorkerBirth
const supervisor = parentPort
if (supervisor === null) throw new Error('this is the entry of a Worker; it is not to be run by itself')
keepLedger(ledger)

const cell = new ActorCell<MessagePort>(seed, {
  clock: linuxClock,
  random: linuxRandom,
  scheduling: await ownScheduling(),
  channel: (port) => new PortChannel(port),
  exposeControl,
  remoteControl,
  report: (report) => post(report),
  // Uncaught, it ends the thread; the supervisor is told by the Worker's 'error' event.
  crashed(error) {
    throw error
  },
  block: blockThread,
})
supervisor.on('message', (command: ActorCommand<MessagePort>) => cell.take(command))
await cell.run(await loadActor())
// Types that were stripped here need not be stripped again by the next Worker; does nothing where there is no cache.
flushCompileCache()
collectStartupGarbage(threadId)

/** Loads the C library's interface into those threads only that need it. */
async function ownScheduling(): Promise<Scheduling | undefined> {
  if (!seed.realtime) return undefined
  const { linuxScheduling } = await import('../../ports/host/linux/scheduling.ts')
  return linuxScheduling
}

async function loadActor(): Promise<StartCell> {
  const composition = (await import(compositionUrl)) as { readonly actors?: ActorLoaders }
  const start = await composition.actors?.[runs]?.load?.()
  if (start === undefined) throw new Error(`${compositionUrl} exports no actors.${runs} with a load(); add it there`)
  return start
}

function post(report: ActorReport): void {
  try {
    supervisor?.postMessage(report)
  } catch (error) {
    // A log's field that cannot be cloned must not crash the actor that is only saying what happened.
    if (report.type !== 'log') throw error
    supervisor?.postMessage({ type: 'log', level: report.level, line: report.line } satisfies ActorReport)
  }
}
