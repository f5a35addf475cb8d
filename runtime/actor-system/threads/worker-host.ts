import { MessagePort, Worker } from 'node:worker_threads'
import { createLedger } from '../../ports/process/linux/descriptors.ts'
import { closeHeld } from '../../ports/sockets/linux/libc.ts'
import type { ActorCommand, ActorReport, ActorSeed } from '../messaging/protocol.ts'
import type { ActorPlan } from '../supervision/plan.ts'
import type { ActorHost, HostListener } from './host.ts'
import type { ActorBirth } from './worker-cell.ts'
import { workerEnvironment } from './worker-environment.ts'

/** What a Worker is told at its birth. */
export interface WorkerBirth extends ActorBirth {
  readonly compositionUrl: string
}

/** MiB that a thread's heap may take before its actor counts as crashed. The young generation is for `bin/proxyha` to say. */
const MAX_HEAP_MB = 64

// Compiled, this file and the entry are .js.
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './worker-entry.ts' : './worker-entry.js', import.meta.url)

/** An actor on a thread of its own. */
export function openWorkerHost(
  plan: ActorPlan,
  seed: ActorSeed,
  listener: HostListener,
  compositionUrl: URL,
): ActorHost<MessagePort> {
  const ledger = createLedger()
  const birth: WorkerBirth = { compositionUrl: compositionUrl.href, runs: plan.runs ?? plan.name, seed, ledger }
  let worker: Worker
  try {
    worker = createThread(plan, birth)
  } catch (error) {
    // No room for a thread: a crash like others, told in a later turn as theirs are.
    setImmediate(() => listener.gone(error))
    return { threadId: null, post: () => undefined, kill: () => undefined }
  }
  let failure: unknown
  worker.on('message', (report: ActorReport) => listener.report(report))
  worker.on('error', (error) => {
    failure ??= error
  })
  worker.on('exit', () => {
    // However late it is: while the thread lives, stuck in a system call, its descriptors are in use.
    closeHeld(ledger)
    listener.gone(failure)
  })
  const { threadId } = worker
  return {
    threadId,
    post: (command) => worker.postMessage(command, transferred(command)),
    kill() {
      void worker.terminate()
    },
  }
}

function createThread({ name }: ActorPlan, birth: WorkerBirth): Worker {
  return new Worker(ENTRY, {
    name,
    workerData: birth,
    env: workerEnvironment(),
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  })
}

function transferred(command: ActorCommand<MessagePort>): readonly MessagePort[] {
  return 'port' in command && command.port instanceof MessagePort ? [command.port] : []
}
