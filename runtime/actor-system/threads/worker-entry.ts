import { flushCompileCache } from 'node:module'
import { type MessagePort, parentPort, threadId, workerData } from 'node:worker_threads'
import { keepLedger } from '../../ports/process/linux/descriptors.ts'
import type { ActorCommand, ActorReport } from '../messaging/protocol.ts'
import { collectStartupGarbage } from './startup-garbage.ts'
import { createWorkerCell, loadActor, postReport } from './worker-cell.ts'
import type { WorkerBirth } from './worker-host.ts'

// The first thing that a Worker of one actor runs. What it imports, every thread pays for: the codec and comlink, no more.
const birth = workerData as WorkerBirth
const supervisor = parentPort
if (supervisor === null) throw new Error('this is the entry of a Worker; it is not to be run by itself')
keepLedger(birth.ledger)

const cell = await createWorkerCell(birth, {
  report: (report) => postReport((told: ActorReport) => supervisor.postMessage(told), report),
  // Uncaught, it ends the thread; the supervisor is told by the Worker's 'error' event.
  crashed(error) {
    throw error
  },
})
supervisor.on('message', (command: ActorCommand<MessagePort>) => cell.take(command))
await cell.run(await loadActor(birth.compositionUrl, birth.runs))
// Types that were stripped here need not be stripped again by the next Worker; does nothing where there is no cache.
flushCompileCache()
collectStartupGarbage(threadId)
